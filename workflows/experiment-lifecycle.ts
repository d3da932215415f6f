import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { LifecycleActivities } from '../activities/lifecycle.js';
import { refusalOf, type Command } from '../src/lifecycle/commands.js';
import { measureInputOf } from '../src/lifecycle/measure.js';
import type { Plan } from '../src/lifecycle/plan.js';
import {
  initialState,
  type DecisionRecord,
  type Outcome,
  type State,
  type TimelineRecord,
  isServing,
} from '../src/lifecycle/state.js';
import { wakeAt } from '../src/lifecycle/schedule.js';
import { step, type Input } from '../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../src/lifecycle/view.js';
import {
  alarmSignal,
  commandUpdate,
  fenceSignal,
  releaseSignal,
  viewQuery,
  type Answer,
  type ExperimentInput,
  type FenceNotice,
} from '../src/temporal/messages.js';

/** Store writes are retried for ever: nothing that was decided may be lost while the store is away. */
const { load, commit, verify } = proxyActivities<LifecycleActivities>({
  startToCloseTimeout: '10s',
  heartbeatTimeout: '3s',
  cancellationType: ActivityCancellationType.ABANDON,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});
/**
 * A look that fails is taken again at the next poll; meanwhile the experiment is held. It runs within the workflow's task:
 * most of what an experiment costs is looks, and so Temporal stores half as much of each.
 */
const { measure } = proxyLocalActivities<LifecycleActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 4 },
  // Between attempts the task is given back: commands and a worker that is to stop do not wait for a store that is away.
  localRetryThreshold: '1ms',
});

/** Its attempts fail until there are slots: that is how it waits. A cancelled one is not tried again. */
const { takeSlots } = proxyActivities<LifecycleActivities>({
  startToCloseTimeout: '10s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

/** The life of one experiment: takes inputs one by one through `step` and carries out what follows. */
export async function experimentLifecycle(input: ExperimentInput): Promise<Outcome> {
  const run = new Run(input.experiment_id);
  run.listen();
  const cancelled = CancellationScope.current().cancelRequested;
  return CancellationScope.nonCancellable(async () => {
    if (input.carried) run.resume(input.carried.plan, input.carried.state);
    else await run.begin();
    cancelled.catch(() => run.stopBecauseCancelled());
    return run.live();
  });
}

class Run {
  private plan!: Plan;
  private state!: State;
  private ready = false;
  /** Set by every input, cleared by the main loop. */
  private changed = false;
  private records: TimelineRecord[] = [];
  private decisions: DecisionRecord[] = [];
  private committed = 0;
  private committing: CancellationScope | null = null;
  private measuring = false;
  private measureAgain = false;
  private verifying = false;
  /** Waiting for the slots of the layer. */
  private queueing: CancellationScope | null = null;

  constructor(private readonly experiment_id: string) {}

  /** Handlers step synchronously: between a validator and its command no other input comes. */
  listen(): void {
    setHandler(commandUpdate, (command) => this.command(command), {
      validator: (command: Command) => {
        if (this.ready) this.mustAccept(command);
      },
    });
    setHandler(fenceSignal, async (fence) => {
      await condition(() => this.ready);
      this.apply({ kind: 'fence', ...fence });
    });
    setHandler(releaseSignal, async (release) => {
      await condition(() => this.ready);
      this.apply({ kind: 'release', ...release });
    });
    setHandler(alarmSignal, () => {
      this.measureAgain = true;
      this.changed = true;
    });
    setHandler(viewQuery, () => (this.ready ? this.answer() : null));
  }

  resume(plan: Plan, state: State): void {
    this.plan = plan;
    this.state = state;
    this.committed = state.version;
    this.ready = true;
  }

  /** A first run starts from nothing; one whose predecessor was lost goes on from the checkpoint, on hold. */
  async begin(): Promise<void> {
    const { plan, checkpoint, fences, freezes } = await load(this.experiment_id);
    this.resume(plan, checkpoint ?? initialState(freezes));
    if (checkpoint && checkpoint.phase.state !== 'completed') this.apply({ kind: 'recovered' });
    this.obey(fences);
  }

  async live(): Promise<Outcome> {
    for (;;) {
      this.changed = false;
      this.carryOut();
      if (this.isIdle() && allHandlersFinished()) {
        if (this.state.phase.state === 'completed') return this.state.phase.outcome;
        if (workflowInfo().continueAsNewSuggested) {
          await continueAsNew<typeof experimentLifecycle>({
            experiment_id: this.experiment_id,
            carried: { plan: this.plan, state: this.state },
          });
        }
      }
      await this.nextInput();
    }
  }

  /** Cancelling the workflow from outside means: roll back, then end. */
  stopBecauseCancelled(): void {
    this.apply({
      kind: 'command',
      command: {
        command_id: 'cancelled',
        name: 'stop',
        actor: { type: 'system', id: 'temporal' },
        reason: 'the workflow was cancelled',
      },
    });
  }

  /** Waits for an input; where none comes before the next deadline, the deadline is the input. */
  private async nextInput(): Promise<void> {
    // A look under way is about to say what comes next: a timer beside it would only be cancelled.
    const at = this.measuring ? null : wakeAt(this.plan, this.state);
    const due = at === null ? null : at - Date.now();
    const woken = () => this.changed || (this.isIdle() && this.mayEnd());
    if (due === null) await condition(woken);
    else if (due <= 0 || !(await condition(woken, due))) this.apply({ kind: 'tick' });
  }

  private mayEnd(): boolean {
    return this.state.phase.state === 'completed' && allHandlersFinished();
  }

  private apply(input: Input): void {
    const { state, records, decisions, measure: look } = step(this.plan, this.state, input, Date.now());
    const wasServing = isServing(this.state.phase);
    this.state = state;
    this.records.push(...records);
    this.decisions.push(...decisions);
    this.measureAgain ||= look;
    // A stop does not wait for the publication of what it undoes: the store's guard makes the late one harmless.
    if (wasServing && state.phase.state === 'rolling_back') this.committing?.cancel();
    this.changed = true;
  }

  private carryOut(): void {
    if (this.state.version > this.committed && !this.committing) void this.commitNewest();
    if (this.measureAgain && !this.measuring && isServing(this.state.phase)) void this.look();
    if (this.state.phase.state !== 'queued') this.queueing?.cancel();
    else if (!this.state.lease && !this.queueing) void this.queue();
    const { phase, published_revision, revision } = this.state;
    if (phase.state === 'rolling_back' && published_revision === revision && !this.verifying) {
      void this.verifyRollback();
    }
  }

  /** Effects are coalesced: whatever happened since the last commit goes out as one, with the newest allocation. */
  private async commitNewest(): Promise<void> {
    const { state } = this;
    const [records, decisions] = [this.records.slice(), this.decisions.slice()];
    const scope = new CancellationScope();
    this.committing = scope;
    try {
      const { fences, version } = await scope.run(() =>
        commit({
          experiment_id: this.experiment_id,
          version: state.version,
          view: viewOf(this.plan, state),
          publication: publicationOf(this.plan, state),
          publish: state.revision > state.published_revision,
          checkpoint: { ...state, published_revision: state.revision },
          records,
          decisions,
        }),
      );
      if (version > state.version) return await this.catchUp();
      this.committed = state.version;
      this.records = this.records.slice(records.length);
      this.decisions = this.decisions.slice(decisions.length);
      this.apply({ kind: 'published', revision: state.revision });
      this.obey(fences);
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      this.committing = null;
      this.changed = true;
    }
  }

  /** The store knows more of this experiment than its workflow, whose past was lost: goes on from there, on hold. */
  private async catchUp(): Promise<void> {
    const { checkpoint, fences } = await load(this.experiment_id);
    if (!checkpoint || checkpoint.version <= this.state.version) return;
    [this.records, this.decisions] = [[], []];
    this.resume(this.plan, checkpoint);
    if (checkpoint.phase.state !== 'completed') this.apply({ kind: 'recovered' });
    this.obey(fences);
  }

  private async look(): Promise<void> {
    this.measuring = true;
    this.measureAgain = false;
    try {
      const { look, fences, version } = await measure(measureInputOf(this.experiment_id, this.state));
      if (version > this.state.version) return await this.catchUp();
      this.apply({ kind: 'looked', look });
      this.obey(fences);
    } catch (error) {
      this.apply({ kind: 'fault', message: rootMessage(error) });
    } finally {
      this.measuring = false;
      this.changed = true;
    }
  }

  private async queue(): Promise<void> {
    const scope = new CancellationScope();
    this.queueing = scope;
    const { experiment_id } = this;
    try {
      const slots = await scope.run(() => takeSlots({ experiment_id, layer: this.plan.layer! }));
      this.apply({ kind: 'leased', slots });
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      this.queueing = null;
      this.changed = true;
    }
  }

  private async verifyRollback(): Promise<void> {
    this.verifying = true;
    const lost = await verify.executeWithOptions(
      // Waits until every process is heard of, which takes as long as it takes.
      { startToCloseTimeout: '10m', heartbeatTimeout: '3s' },
      [{ experiment_id: this.experiment_id, serve_stale_max: this.plan.policy.serve_stale_max }],
    );
    this.verifying = false;
    this.apply({ kind: 'verified', lost });
  }

  private async command(command: Command): Promise<Answer> {
    await condition(() => this.ready);
    this.mustAccept(command);
    this.apply({ kind: 'command', command });
    return this.answer();
  }

  private mustAccept(command: Command): void {
    if (this.state.answered.some((one) => one.command_id === command.command_id)) return;
    const refusal = refusalOf(this.plan, this.state, command, Date.now());
    if (refusal) throw ApplicationFailure.nonRetryable(refusal.text, refusal.code, refusal.holds ?? []);
  }

  private answer(): Answer {
    return { version: this.state.version, view: viewOf(this.plan, this.state) };
  }

  private obey(fences: FenceNotice[]): void {
    for (const fence of fences) this.apply({ kind: 'fence', ...fence });
  }

  private isIdle(): boolean {
    return (
      this.state.version === this.committed &&
      !this.committing &&
      !this.measuring &&
      !this.verifying &&
      !this.queueing
    );
  }
}

function rootMessage(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
