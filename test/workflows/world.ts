import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { LifecycleActivities } from '../../activities/lifecycle.js';
import type { FreezeWindow } from '../../src/calendar/freeze-windows.js';
import { slotsOf } from '../../src/lifecycle/allocation.js';
import type { Command } from '../../src/lifecycle/commands.js';
import { planOf } from '../../src/lifecycle/plan.js';
import type { DecisionRecord, Outcome, State, TimelineRecord } from '../../src/lifecycle/state.js';
import { KINDS } from '../../src/metrics/kinds.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { policySchema, standardPolicy, type PolicyDocument } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import { Crowd, type Served } from '../../src/rehearsal/crowd.js';
import { Random } from '../../src/rehearsal/random.js';
import { temporalTestServer } from '../../src/servers/temporal.js';
import {
  commandUpdate,
  EXPERIMENT_WORKFLOW,
  type ExperimentInput,
  type FenceNotice,
} from '../../src/temporal/messages.js';

const TASK_QUEUE = 'experiments';

/** A server whose clock jumps to the next timer whenever everybody only waits. */
export async function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
  const path = await temporalTestServer(() => undefined);
  const start = (): Promise<TestWorkflowEnvironment> =>
    TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
  // The client gives the server five seconds, which is too few on a machine that compiles beside it.
  return start().catch(start).catch(start);
}

export interface WorldOptions {
  lifts?: Record<string, number>;
  units_per_day?: number;
  policy?: Partial<PolicyDocument>;
  arms?: string[];
  metrics?: string[];
  layer?: Launch['layer'];
  freezes?: (start: number) => FreezeWindow[];
  sample_size?: number;
}

/**
 * A world of simulated users on the server's own clock, in place of MongoDB: what the workflow asks for is answered
 * by the same evidence code that runs in production.
 */
export class SimulatedWorld {
  readonly records: TimelineRecord[] = [];
  readonly decisions: DecisionRecord[] = [];
  readonly published: number[] = [];
  state: State | null = null;
  fences: FenceNotice[] = [];
  measured = 0;
  settled = 0;
  version = 0;
  /** Looks fail. */
  broken = false;
  /** A lease is given only once this says so. */
  hasSlots = true;
  private served: Served = { revision: 0, epoch: 0, slots: {} };
  private arrivedUntil = 0;
  private readonly crowd: Crowd;

  private constructor(
    private readonly env: TestWorkflowEnvironment,
    readonly experiment_id: string,
    readonly launch: Launch,
    private readonly options: WorldOptions,
  ) {
    const baselines = Object.fromEntries(
      launch.metrics.map(({ metric }) => [metric.metric_id, KINDS[metric.kind].assumedBaseline(metric)]),
    );
    const { units_per_day = 20_000, lifts = {} } = options;
    const plan = planOf(experiment_id, launch);
    this.crowd = new Crowd({ launch, units_per_day, baselines, lifts }, plan, new Random(7));
  }

  static async begin(env: TestWorkflowEnvironment, options: WorldOptions = {}): Promise<SimulatedWorld> {
    const start_at = await env.currentTimeMs();
    const policy_document = { ...standardPolicy, ...options.policy } as PolicyDocument;
    const {
      arms = ['control', 'treatment'],
      metrics = ['click_through_rate:primary', 'error_rate:guardrail'],
    } = options;
    const launch: Launch = {
      engine_version: ENGINE_VERSION,
      requested_at: start_at,
      start_at,
      end_at: start_at + 28 * DAY_MS,
      policy_document,
      policy: policySchema.parse(policy_document),
      metrics: metrics.map((text) => {
        const [id, role] = text.split(':') as [string, Launch['metrics'][number]['role']];
        return { role, metric: metricSchema.parse(builtInMetrics.find((one) => one.metric_id === id)) };
      }),
      control: 'control',
      arms: arms.map((variant) => ({ variant, traffic: 100 / arms.length })),
      planned_units: 20_000,
      flag_id: 'e',
      salt: 'e',
      ...(options.layer && { layer: options.layer }),
      ...(options.sample_size !== undefined && { sample_size: options.sample_size }),
    };
    const world = new SimulatedWorld(env, `e-${randomUUID().slice(0, 8)}`, launch, options);
    world.arrivedUntil = start_at;
    return world;
  }

  get activities(): LifecycleActivities {
    return {
      load: () =>
        Promise.resolve({
          plan: planOf(this.experiment_id, this.launch),
          checkpoint: this.state,
          fences: this.fences,
          freezes: this.options.freezes?.(this.launch.start_at) ?? [],
        }),
      measure: async (input) => {
        if (this.broken) throw ApplicationFailure.nonRetryable('a metric is gone');
        const now = await this.arrive();
        this.measured += 1;
        const look = this.crowd.look(input, now);
        const freezes = this.options.freezes?.(this.launch.start_at) ?? [];
        return {
          look: { ...look, snapshot_id: `s${this.measured}`, freezes },
          fences: this.fences,
          version: this.version,
        };
      },
      commit: async ({ version, checkpoint, publication, records, decisions }) => {
        await this.arrive();
        if (version < this.version) return { fences: [], version: this.version };
        this.version = version;
        if (checkpoint.phase.state === 'completed') this.settled += 1;
        this.state = checkpoint;
        const { revision, epoch, ranges } = publication.allocation;
        this.served = { revision, epoch, slots: slotsOf(ranges) };
        this.published.push(revision);
        for (const record of records) if (record.n > this.records.length) this.records.push(record);
        for (const decision of decisions)
          if (decision.n > this.decisions.length) this.decisions.push(decision);
        return { fences: this.fences, version };
      },
      verify: () => Promise.resolve([]),
      takeSlots: () => {
        if (this.hasSlots) return Promise.resolve([{ from: 0, to: 5_000 }]);
        throw ApplicationFailure.create({ message: 'waiting', type: 'queued', nextRetryDelay: '1d' });
      },
    };
  }

  /** As if Temporal had been restored from an older copy: the store knows more than the workflow. */
  runAhead(): void {
    this.version += 5;
    this.state = { ...this.state!, version: this.version };
  }

  /** Days from the start to a moment. */
  day(at: number): number {
    return (at - this.launch.start_at) / DAY_MS;
  }

  private async arrive(): Promise<number> {
    const now = await this.env.currentTimeMs();
    this.crowd.arrive(this.served, Math.max(0, now - this.arrivedUntil));
    this.arrivedUntil = Math.max(this.arrivedUntil, now);
    return now;
  }
}

/** One experiment in its own world, on a worker of its own, for as long as `live` takes. */
export async function inWorld<T>(
  env: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundle,
  options: WorldOptions,
  live: (world: SimulatedWorld, handle: LifecycleHandle) => Promise<T>,
): Promise<T> {
  const world = await SimulatedWorld.begin(env, options);
  const taskQueue = `${TASK_QUEUE}-${world.experiment_id}`;
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: world.activities,
  });
  return worker.runUntil(async () => {
    const input: ExperimentInput = { experiment_id: world.experiment_id };
    const handle = await env.client.workflow.start(EXPERIMENT_WORKFLOW, {
      workflowId: `experiment:${world.experiment_id}`,
      taskQueue,
      args: [input],
    });
    return live(world, new LifecycleHandle(env.client, handle));
  });
}

export class LifecycleHandle {
  constructor(
    readonly client: Client,
    readonly workflow: WorkflowHandle,
  ) {}

  async command(name: Command['name'], more: Partial<Command> = {}): Promise<void> {
    const command: Command = {
      command_id: randomUUID(),
      name,
      actor: { type: 'person', id: 'alice' },
      reason: 'because',
      ...more,
    };
    await this.workflow.executeUpdate(commandUpdate, { args: [command] });
  }

  result(): Promise<Outcome> {
    return this.workflow.result() as Promise<Outcome>;
  }

  /** Number of events of every run, the first one first. */
  async historyLengths(): Promise<number[]> {
    const lengths: number[] = [];
    let runId: string | undefined = await this.firstRun();
    while (runId) {
      const history: { events?: temporal.api.history.v1.IHistoryEvent[] | null } = await this.client.workflow
        .getHandle(this.workflow.workflowId, runId)
        .fetchHistory();
      const events: temporal.api.history.v1.IHistoryEvent[] = history.events ?? [];
      lengths.push(events.length);
      runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    }
    return lengths;
  }

  private async firstRun(): Promise<string> {
    const { raw } = await this.workflow.describe();
    return (
      raw.workflowExecutionInfo?.firstRunId ||
      (this.workflow as { firstExecutionRunId?: string }).firstExecutionRunId!
    );
  }
}
