import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Refusal, RefusalCode } from '../lifecycle/commands.js';
import type { Hold } from '../lifecycle/state.js';
import type { Logger } from '../logger.js';
import type { CommandDocument, CommandStore } from '../store/commands.js';
import {
  alarmSignal,
  commandUpdate,
  EXPERIMENT_WORKFLOW,
  experimentWorkflowId,
  fenceSignal,
  releaseSignal,
  type Answer,
  type FenceNotice,
  type ReleaseNotice,
} from './messages.js';

/** What became of a command: taken, refused, or on its way (Temporal did not answer in time). */
export type Delivery =
  | { status: 'done'; answer: Answer }
  | { status: 'refused'; refusal: Refusal }
  | { status: 'expired' }
  | { status: 'pending' };

const ANSWER_MS = 5_000;
const CALL_MS = 2_000;

/** Who counts what is asked of Temporal. */
export interface TemporalObserver {
  /** @param result an answer that refuses is an answer */
  called(call: string, result: 'answered' | 'failed', seconds: number): void;
  delivered(command: string, result: Delivery['status']): void;
}

/** The running workflows, as the API and the reconciler speak to them. */
export class ExperimentWorkflows {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
    private readonly commands: Pick<CommandStore, 'settle'>,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly observer: TemporalObserver | null = null,
  ) {}

  /** The id of an experiment's workflow, by which Temporal's own tools find it. */
  idOf(experiment_id: string): string {
    return experimentWorkflowId(experiment_id);
  }

  /** Starts an experiment's workflow; Temporal being away is no error, the reconciler starts it later. */
  async start(experiment_id: string): Promise<boolean> {
    try {
      await this.within('start', CALL_MS, () =>
        this.client.workflow.start(EXPERIMENT_WORKFLOW, {
          workflowId: experimentWorkflowId(experiment_id),
          taskQueue: this.taskQueue,
          args: [{ experiment_id }],
          // Ids are never reused; only a run that failed or was terminated may be followed by another.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /** Starts the workflow of an experiment that should have one and has none. */
  async ensureRunning(experiment_id: string): Promise<boolean> {
    try {
      const description = await this.within('describe', CALL_MS, () =>
        this.client.workflow.getHandle(experimentWorkflowId(experiment_id)).describe(),
      );
      if (description.status.name === 'RUNNING') return false;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    return this.start(experiment_id);
  }

  /**
   * Sends a stored command and settles it by the answer. Sent twice, it is taken once.
   *
   * @param isOver the store says that the experiment is completed: a missing workflow is then an answer
   */
  async deliver(document: CommandDocument, isOver: boolean): Promise<Delivery> {
    const delivery = await this.send(document, isOver);
    this.observer?.delivered(document.command.name, delivery.status);
    return delivery;
  }

  private async send(document: CommandDocument, isOver: boolean): Promise<Delivery> {
    const { _id, experiment_id, command, expires_at } = document;
    if (expires_at !== null && Date.now() > expires_at) {
      await this.commands.settle(_id, 'expired');
      return { status: 'expired' };
    }
    try {
      const answer = await this.within('update', ANSWER_MS, () =>
        this.client.workflow
          .getHandle(experimentWorkflowId(experiment_id))
          .executeUpdate(commandUpdate, { args: [command], updateId: _id }),
      );
      await this.commands.settle(_id, 'done');
      return { status: 'done', answer };
    } catch (error) {
      const refusal = refusalIn(error, isOver);
      if (!refusal) {
        this.logger.warn({ err: error, command_id: _id, experiment_id }, 'the command is not delivered yet');
        return { status: 'pending' };
      }
      await this.commands.settle(_id, 'refused', refusal);
      return { status: 'refused', refusal };
    }
  }

  async fence(experiment_id: string, { emergency_stop_id, by, reason }: FenceNotice): Promise<void> {
    await this.within('signal', CALL_MS, () =>
      this.client.workflow
        .getHandle(experimentWorkflowId(experiment_id))
        .signal(fenceSignal, { emergency_stop_id, by, reason }),
    );
  }

  async release(experiment_id: string, release: ReleaseNotice): Promise<void> {
    await this.within('signal', CALL_MS, () =>
      this.client.workflow.getHandle(experimentWorkflowId(experiment_id)).signal(releaseSignal, release),
    );
  }

  /** Has an experiment look at its metrics now. */
  async alarm(experiment_id: string): Promise<void> {
    await this.within('signal', CALL_MS, () =>
      this.client.workflow.getHandle(experimentWorkflowId(experiment_id)).signal(alarmSignal),
    );
  }

  /** Ids of the experiments whose workflows run, as far as the list knows: it may be some seconds behind. */
  async running(): Promise<Set<string>> {
    const query = `WorkflowType = '${EXPERIMENT_WORKFLOW}' AND ExecutionStatus = 'Running'`;
    const ids = new Set<string>();
    for await (const { workflowId } of this.client.workflow.list({ query, pageSize: 1000 })) {
      ids.add(workflowId.slice(experimentWorkflowId('').length));
    }
    return ids;
  }

  /** Ends a workflow without asking it: only for one that was forced. */
  async terminate(experiment_id: string, reason: string): Promise<void> {
    await this.within('terminate', CALL_MS, () =>
      this.client.workflow.getHandle(experimentWorkflowId(experiment_id)).terminate(reason),
    ).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  }

  async isReachable(): Promise<boolean> {
    // A connection that was made once is no answer: Temporal itself is asked.
    return this.within('get_system_info', CALL_MS, () => this.client.workflowService.getSystemInfo({})).then(
      () => true,
      () => false,
    );
  }

  /** What comes later harms nobody: every request may be sent twice. */
  private async within<T>(name: string, ms: number, call: () => Promise<T>): Promise<T> {
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Temporal did not answer within ${ms} ms`)), ms);
    });
    let result: 'answered' | 'failed' = 'answered';
    try {
      return await Promise.race([call(), late]);
    } catch (error) {
      if (!isAnswer(error)) result = 'failed';
      throw error;
    } finally {
      clearTimeout(timer);
      this.observer?.called(name, result, (performance.now() - began) / 1000);
    }
  }
}

/** Whether Temporal, or the workflow, has said no: that is an answer. */
function isAnswer(error: unknown): boolean {
  return (
    error instanceof WorkflowNotFoundError ||
    error instanceof WorkflowUpdateFailedError ||
    error instanceof WorkflowExecutionAlreadyStartedError
  );
}

function refusalIn(error: unknown, isOver: boolean): Refusal | null {
  if (error instanceof WorkflowNotFoundError && isOver)
    return { code: 'not_live', text: 'the experiment is over' };
  if (!(error instanceof WorkflowUpdateFailedError)) return null;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || !cause.type) return null;
  const [holds] = (cause.details ?? []) as [Hold[]?];
  return {
    code: cause.type as RefusalCode,
    text: cause.message,
    ...(holds && holds.length > 0 && { holds }),
  };
}
