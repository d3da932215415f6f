import { MockActivityEnvironment, type TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Registry } from 'prom-client';
import { createReconcileActivities } from '../../activities/reconcile.js';
import { WorkMetrics } from '../../activities/work-metrics.js';
import { bundleWorkflows } from '../../activities/bundle.js';
import { DAY_MS } from '../../src/model/time.js';
import {
  alertsQueue,
  DELIVER_WORKFLOW,
  RECONCILE_WORKFLOW,
  wakeSignal,
} from '../../src/temporal/messages.js';
import { inWorld, timeSkippingServer } from './world.js';

// A life of 28 days takes hundreds of looks.
vi.setConfig({ testTimeout: 400_000 });

let env: TestWorkflowEnvironment;
let bundle: WorkflowBundle;

beforeAll(async () => {
  [env, bundle] = await Promise.all([timeSkippingServer(), bundleWorkflows()]);
});

afterAll(async () => {
  await env.teardown();
});

describe('an experiment of 28 days under the standard policy', () => {
  const HARM = { error_rate: 1 };
  it.each([
    ['shipped', { lifts: { click_through_rate: 0.2 } }, [7, 28]],
    ['rolled_back', { lifts: HARM }, [0, 7]],
    ['rolled_back', { lifts: { click_through_rate: -0.5 } }, [0, 7]],
    ['no_effect', { units_per_day: 3_000_000, policy: { poll: { ramping: '30m', running: '4h' } } }, [7, 28]],
    // Too few units to say anything of an effect that matters; what is drawn depends on how fast the machine is.
    ['inconclusive', {}, [28, 28.2]],
  ] as const)('ends %s (%j)', async (outcome, options, [least, most]) => {
    await inWorld(env, bundle, options, async (world, handle) => {
      expect(await handle.result()).toBe(outcome);
      const decided = world.decisions.at(-1)!;
      expect(world.day(decided.at)).toBeGreaterThanOrEqual(least);
      expect(world.day(decided.at)).toBeLessThan(most);
      expect(world.state!.phase.state).toBe('completed');
      expect(world.settled).toBe(1);
      // A revision never goes backwards, and every line is there once.
      expect(world.published).toEqual([...world.published].sort((a, b) => a - b));
      expect(world.records.map((one) => one.n)).toEqual(world.records.map((_, i) => i + 1));
      // Long ones continue as new: no run's history grows without end.
      const lengths = await handle.historyLengths();
      expect(Math.max(...lengths)).toBeLessThan(10_000);
      // A quiet look, of which a watch of a week has many, adds fewer events than one that decides something.
      expect(lengths.length).toBeGreaterThanOrEqual(Math.floor(world.measured / 700));
    });
  });

  it('ends stopped when somebody stops it on the second day', async () => {
    await inWorld(env, bundle, {}, async (world, handle) => {
      await env.sleep(1.5 * DAY_MS);
      await handle.command('stop');
      expect(await handle.result()).toBe('stopped');
      expect(world.day(world.decisions.at(-1)!.at)).toBeGreaterThanOrEqual(1.5);
      expect(world.decisions.at(-1)).toMatchObject({ row: 1, decision: 'stop' });
    });
  });

  it('ends stopped when its workflow is cancelled', async () => {
    await inWorld(env, bundle, {}, async (world, handle) => {
      await env.sleep(0.2 * DAY_MS);
      await handle.workflow.cancel();
      expect(await handle.result()).toBe('stopped');
      expect(world.state!.ranges).toEqual([]);
    });
  });
});

describe('waiting', () => {
  it('for slots of a layer adds nothing to the history', async () => {
    const layer = { layer_id: 'l', slots: 5_000 };
    await inWorld(env, bundle, { layer, lifts: { error_rate: 1 } }, async (world, handle) => {
      world.hasSlots = false;
      await env.sleep(20 * DAY_MS);
      const { events } = await handle.workflow.fetchHistory();
      expect(events!.length).toBeLessThan(40);
      world.hasSlots = true;
      expect(await handle.result()).toBe('rolled_back');
      expect(world.decisions[0]!.at).toBeGreaterThan(world.launch.start_at + 20 * DAY_MS);
    });
  });

  it('for a freeze window to end puts off the beginning and the next step', async () => {
    const policy = { poll: { ramping: '1h', running: '1h' } };
    const freezes = (start: number) => [
      { from: start - DAY_MS, to: start + DAY_MS },
      { from: start + DAY_MS + 1_800_000, to: start + 3 * DAY_MS },
    ];
    await inWorld(env, bundle, { freezes, policy, lifts: { error_rate: 1 } }, async (world, handle) => {
      await handle.result();
      const days = world.records.filter((one) => one.kind === 'ramped').map((one) => world.day(one.at));
      expect(days[0]).toBeCloseTo(1, 1);
      expect(days[1]).toBeGreaterThanOrEqual(3);
    });
  });
});

describe('reconciliation', () => {
  it('waits as long as the worker says that carried out the last round, not as its first start said', async () => {
    const [taskQueue, rounds] = ['reconciling', [] as number[]];
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowBundle: bundle,
      activities: {
        async reconcileOnce() {
          rounds.push(await env.currentTimeMs());
          return { interval_ms: rounds.length < 3 ? 60_000 : 600_000 };
        },
      },
    });
    await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(RECONCILE_WORKFLOW, {
        workflowId: taskQueue,
        taskQueue,
        args: [5_000],
      });
      await env.sleep(20 * 60_000);
      await handle.terminate();
    });
    const gaps = rounds.slice(1).map((at, n) => Math.round((at - rounds[n]!) / 60_000));
    expect(gaps).toEqual([1, 1, 10]);
  });

  it('is told the setting of its worker by every round', async () => {
    /** A store, or a Temporal, in which there is nothing. */
    const nothing = Object.assign([], { idle: [], last: null, current: 'k1', keys: [], round: null });
    const empty: unknown = new Proxy(() => Promise.resolve(nothing), {
      get: (_, name) => (name === 'then' ? undefined : name === 'partitions' ? 1 : empty),
    });
    const activities = createReconcileActivities({
      store: empty as never,
      workflows: empty as never,
      liveness: { observe: () => [] } as never,
      interval_ms: 7_000,
      retention: { snapshots: DAY_MS, timeline: DAY_MS, revisions: DAY_MS, units: DAY_MS, alerts: DAY_MS },
      sealing: empty as never,
      metrics: new WorkMetrics(new Registry()),
    });
    const round = new MockActivityEnvironment().run(() => activities.reconcileOnce());
    expect(await round).toMatchObject({ interval_ms: 7_000 });
  });
});

describe('a lane of alerts', () => {
  /** A worker whose deliveries answer this, one after the other; null at last. Runs the work, and tells what was asked when. */
  async function lane(answers: (number | null)[], work: (id: string) => Promise<unknown>): Promise<number[]> {
    const taskQueue = `lane-${Math.random()}`;
    const asked: number[] = [];
    const activities = {
      deliver: async () => {
        asked.push(await env.currentTimeMs());
        return answers.shift() ?? null;
      },
    };
    const { nativeConnection: connection } = env;
    const worker = await Worker.create({ connection, taskQueue, workflowBundle: bundle });
    const alerts = await Worker.create({ connection, taskQueue: alertsQueue(taskQueue), activities });
    await worker.runUntil(alerts.runUntil(work(taskQueue)));
    return asked.map((at) => Math.round((at - asked[0]!) / 1_000));
  }

  const begin = (taskQueue: string) =>
    env.client.workflow.signalWithStart(DELIVER_WORKFLOW, {
      ...{ workflowId: taskQueue, taskQueue, args: ['w|experiment:e'], signal: wakeSignal },
    });

  it('waits for what is due later, and ends once nothing waits', async () => {
    const asked = await lane([3_600_000, 0, 86_400_000, null], async (id) => (await begin(id)).result());
    expect(asked).toEqual([0, 3_600, 3_600, 90_000]);
  });

  it('is woken from its wait, and begun again once it has ended', async () => {
    const asked = await lane([86_400_000, null, null], async (id) => {
      await begin(id);
      await env.sleep(60_000);
      await (await begin(id)).result();
      await (await begin(id)).result();
    });
    expect(asked[1]).toBeLessThan(120);
    expect(asked.length).toBe(3);
  });
});
