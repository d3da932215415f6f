import { MockActivityEnvironment } from '@temporalio/testing';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createWatchActivities } from '../../activities/watch.js';
import { WorkMetrics } from '../../activities/work-metrics.js';
import { closedUntil } from '../../src/anomalies/reach.js';
import { measureInputOf } from '../../src/lifecycle/measure.js';
import { planOf, type Plan } from '../../src/lifecycle/plan.js';
import type { State } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import { minutesId, type StoredMinute } from '../../src/metrics/minutes.js';
import { HOUR_MS, MINUTE_MS } from '../../src/model/time.js';
import { DAY_MS } from '../../src/model/time.js';
import { Looks } from '../../src/operations/take-look.js';
import { ramping } from '../lifecycle/fixtures.js';
import { launched } from '../store/launched.js';
import { Door } from './door.js';

const STEADY: StoredMinute = {
  ...{ x: 20, e: 70 },
  g: { error_rate: { n: 10 }, latency_p95: { n: 40, s: 8_000_000 } },
};
const FAILING: StoredMinute = { ...STEADY, g: { ...STEADY.g, error_rate: { n: 50 } } };

let door: Door;
let plan: Plan;
let state: State;

beforeAll(async () => {
  door = await Door.open();
  const { experiments } = door.api.store;
  const success_metrics = { primary: ['click_through_rate'], guardrail: ['error_rate', 'latency_p95'] };
  for (const id of ['e', 'draft']) {
    const { definition, launch, view, publication } = launched(id, Date.now() - DAY_MS, { success_metrics });
    await experiments.create(definition, id, 'test');
    if (id === 'draft') continue;
    await experiments.launch(id, launch, view, publication);
    plan = planOf(id, launch);
    state = ramping(plan);
    await commit(state);
  }
});

async function commit(checkpoint: State): Promise<void> {
  await door.api.store.experiments.commit({
    ...{ experiment_id: 'e', version: checkpoint.version, records: [], decisions: [] },
    ...{ view: viewOf(plan, checkpoint), publication: publicationOf(plan, checkpoint), checkpoint },
  });
}

afterAll(() => door.close());
beforeEach(() => door.api.store.database.collection('minutes').deleteMany({}));

/** Counts of the last five hours; of the treatment's last half hour as they are given. */
async function counted(treatment: StoredMinute): Promise<void> {
  const until = closedUntil(Date.now());
  const hours = new Map<number, Record<string, Record<string, StoredMinute>>>();
  for (let at = until - 5 * HOUR_MS; at < until + 10 * MINUTE_MS; at += MINUTE_MS) {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    const m = hours.get(hour) ?? {};
    m[(at - hour) / MINUTE_MS] = {
      control: STEADY,
      treatment: at < until - 30 * MINUTE_MS ? STEADY : treatment,
    };
    hours.set(hour, m);
  }
  const documents = [...hours].map(([at, m]) => ({
    ...{ _id: minutesId('e', 0, at), experiment_id: 'e', applied: {} },
    ...{ at, m },
  }));
  await door.api.store.database.collection<(typeof documents)[number]>('minutes').insertMany(documents);
}

type Shown = { kind: string; state: string; metric_id?: string; variant?: string; points: object[] };

async function series(id = 'e'): Promise<Shown[]> {
  const { status, body } = await door.call('get', `/v1/experiments/${id}/anomalies`);
  expect(status).toBe(200);
  return body['series'] as Shown[];
}

/** What the experiment is held by, after a look of a process that remembers no other. */
async function heldAfterLook(before: State): Promise<State> {
  const { store } = door.api;
  const { look } = await new Looks(store).take(
    await store.experiments.forLook('e'),
    measureInputOf('e', before),
  );
  return step(plan, before, { kind: 'looked', look }, look.at).state;
}

const anomalies = ({ holds }: State) => holds.filter(({ code }) => code === 'anomaly');

it('shows each series with its state, and that there is too little of what there is', async () => {
  const before = await series();
  expect(before.length).toBeGreaterThan(9);
  expect(new Set(before.map((one) => one.state))).toEqual(new Set(['too_little_data']));
  await counted(STEADY);
  const after = await series();
  expect(new Set(after.map((one) => one.state))).toEqual(new Set(['usual']));
  expect(after[0]).toMatchObject({ kind: 'traffic', window_minutes: 5, baseline: 'recent', since: null });
  expect(after[0]!.points.at(-1)).toMatchObject({ value: 200, expected: 200, state: 'usual' });
});

it('shows nothing of an experiment without traffic, and knows no other', async () => {
  expect(await series('draft')).toEqual([]);
  expect((await door.call('get', '/v1/experiments/none/anomalies')).status).toBe(404);
});

it('holds by what a look finds, and lifts when it is as usual again', async () => {
  expect(anomalies(await heldAfterLook(state))).toEqual([]);
  await counted(FAILING);
  const alarms = (await series()).filter((one) => one.state === 'alarm');
  expect(alarms.map(({ kind, metric_id }) => `${kind} ${metric_id}`)).toEqual([
    'events error_rate',
    'events_share error_rate',
  ]);
  const held = await heldAfterLook(state);
  expect(anomalies(held)).toMatchObject([
    { detail: expect.stringContaining('error_rate of treatment are 83.3 % (usually 50') as string },
  ]);
  // Nothing is rolled back, and no clock of the ramp runs.
  expect(held.phase).toMatchObject({ state: 'ramping', step: 0, dwell: { since: null } });
  await door.api.store.database.collection('minutes').deleteMany({});
  await counted(STEADY);
  expect(anomalies(await heldAfterLook(held))).toEqual([]);
});

/** Whether the watch asks the experiment to look, which stands as the store has it. */
async function isAsked(): Promise<boolean> {
  const asked: string[] = [];
  const stopping = new AbortController();
  const { store } = door.api;
  const activities = createWatchActivities({
    store,
    workflows: { alarm: (id: string) => Promise.resolve(void asked.push(id)) } as never,
    stopping: stopping.signal,
    logger: { error: (error: unknown) => asked.push(JSON.stringify(error)) } as never,
    metrics: new WorkMetrics(new Registry()),
    round_ms: 100,
  });
  const changed = vi.spyOn(store.totals, 'changedSince').mockResolvedValueOnce(['e']).mockResolvedValue([]);
  const watching = new MockActivityEnvironment().run(() => activities.watchGuardrails());
  const ended = expect(watching).rejects.toThrow();
  await expect.poll(() => changed.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(1);
  stopping.abort();
  await ended;
  changed.mockRestore();
  return asked.length > 0;
}

it('is found by the watch, which asks the experiment to look when that changes anything', async () => {
  await counted(STEADY);
  expect(await isAsked()).toBe(false);
  await door.api.store.database.collection('minutes').deleteMany({});
  await counted(FAILING);
  expect(await isAsked()).toBe(true);
  const held = await heldAfterLook(state);
  await commit({ ...held, version: state.version + 1 });
  expect(await isAsked()).toBe(false);
  await door.api.store.database.collection('minutes').deleteMany({});
  await counted(STEADY);
  expect(await isAsked()).toBe(true);
});

it('takes a store that is away for no answer', async () => {
  vi.spyOn(door.api.store.minutes, 'of').mockRejectedValueOnce(new Error('away'));
  await expect(heldAfterLook(state)).rejects.toThrow('away');
});
