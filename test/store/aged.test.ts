// An installation of three years beside a fresh one: the same work reads the same number of documents.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collection, FindCursor } from 'mongodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { initialState } from '../../src/lifecycle/state.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import { emptyUnit } from '../../src/metrics/unit.js';
import { experimentSchema } from '../../src/model/experiment.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { standardPolicy } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import { launchOf } from '../../src/operations/freeze-launch.js';
import { Reconciler } from '../../src/operations/reconcile.js';
import { Retention, STANDARD_RETENTION } from '../../src/operations/retention.js';
import { Looks } from '../../src/operations/take-look.js';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { LivenessObserver } from '../../src/serving/liveness.js';
import type { ExperimentDocument } from '../../src/store/experiment-document.js';
import { unitsOf } from '../../src/store/folding.js';
import { openStore, type Store } from '../../src/store/store.js';

const ENDED = 2_000;
const NOW = Date.now();

let dataDir: string;
const ALONE = { secret: 'a secret of tests that is long enough', partitions: 1 };

let mongo: Server;
let fresh: Store;
let aged: Store;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-aged-'));
  mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
  fresh = await openStore(mongo.address, `fresh_${process.pid}`, ALONE);
  aged = await openStore(mongo.address, `aged_${process.pid}`, ALONE);
  for (const store of [fresh, aged]) await start(store);
  await age(aged);
}, 240_000);

afterAll(async () => {
  await Promise.all([fresh.database.close(), aged.database.close()]);
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** One experiment under way. */
async function start(store: Store): Promise<ExperimentDocument> {
  const definition = experimentSchema.parse({
    experiment_id: 'live',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  const document = await store.experiments.create(definition, 'live', 'test');
  const launch = launchOf(
    {
      definition,
      salt: 'live',
      flag_id: document.flag_id,
      start: {},
      policy: standardPolicy,
      metrics: new Map(builtInMetrics.map((metric) => [metric.metric_id, metric])),
    },
    NOW,
  );
  const plan = planOf('live', launch);
  const [view, publication] = [viewOf(plan, initialState()), publicationOf(plan, initialState())];
  await store.experiments.launch('live', launch, view, publication);
  return (await store.experiments.get('live'))!;
}

/** Three years of experiments that are over, with what they left. The oldest are as retention leaves them. */
async function age(store: Store): Promise<void> {
  const live = (await store.experiments.get('live'))!;
  const ended = Array.from({ length: ENDED }, (_, n) => ({
    id: `ended-${n}`,
    at: NOW - (100 + n / 2) * DAY_MS,
  }));
  const into = async (name: string, documents: object[]): Promise<void> => {
    for (let from = 0; from < documents.length; from += 1_000)
      await store.database.collection(name).insertMany(documents.slice(from, from + 1_000));
  };
  await into(
    'experiments',
    ended.map(({ id, at }) => ({ ...live, _id: id, state: 'completed', settled_at: at, held: undefined })),
  );
  await into(
    'snapshots',
    ended
      .slice(0, 500)
      .flatMap(({ id, at }) =>
        [0, 1, 2].map((n) => ({ _id: `${id}:${at + n}`, experiment_id: id, at: at + n })),
      ),
  );
  await into(
    'commands',
    ended.map(({ id }) => ({ _id: `c-${id}`, experiment_id: id, status: 'done' })),
  );
  await into(
    'exclusions',
    ended.map(({ id }) => ({ _id: `${id}:u`, experiment_id: id, unit: 'u' })),
  );
  await into(
    'emergency_stops',
    ended
      .slice(0, 200)
      .map(({ id }) => ({ _id: `s-${id}`, released_at: '2025-01-01T00:00:00Z', scope: [id] })),
  );
}

/** How many documents and queries the work takes. */
async function cost(work: () => Promise<unknown>): Promise<{ documents: number; queries: number }> {
  const count = { documents: 0, queries: 0 };
  const toArray = Reflect.get(FindCursor.prototype, 'toArray') as () => Promise<unknown[]>;
  const findOne = Reflect.get(Collection.prototype, 'findOne') as (
    ...args: unknown[]
  ) => Promise<object | null>;
  const spies = [
    vi.spyOn(FindCursor.prototype, 'toArray').mockImplementation(async function (this: FindCursor) {
      const found = await toArray.call(this);
      count.documents += found.length;
      count.queries += 1;
      return found;
    }),
    vi.spyOn(Collection.prototype, 'findOne').mockImplementation(async function (
      this: Collection,
      ...args: unknown[]
    ) {
      const found = await findOne.apply(this, args);
      count.documents += found ? 1 : 0;
      count.queries += 1;
      return found;
    }),
  ];
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return count;
}

/** Temporal, as far as a round needs it: every workflow runs. */
const workflows = {
  running: () => Promise.resolve(new Set(['live'])),
  ensureRunning: () => Promise.resolve(false),
} as never;

const WORK: [string, (store: Store) => Promise<unknown>][] = [
  ['what a process serves, read from scratch', (store) => store.experiments.served('all', NOW)],
  [
    'a look',
    async (store) =>
      new Looks(store).take(await store.experiments.forLook('live'), {
        experiment_id: 'live',
        revision: 1,
        epoch: 0,
        slots: { control: 5_000, treatment: 5_000 },
        withdrawn: [],
      } as never),
  ],
  [
    'the list of those that are live',
    (store) => store.experiments.page({ state: 'scheduled', environments: null }, 100),
  ],
  ['what settles', (store) => store.experiments.unsettled()],
  ['what was forced', (store) => store.experiments.forced()],
  [
    'a round of reconciliation',
    (store) =>
      new Reconciler(
        store,
        workflows,
        new LivenessObserver(),
        new Retention(store, STANDARD_RETENTION),
      ).round(() => undefined),
  ],
];

it.each(WORK)('reads no more than in a fresh installation for %s', async (_, work) => {
  const [young, old] = [await cost(() => work(fresh)), await cost(() => work(aged))];
  expect(young.queries).toBeGreaterThan(0);
  expect(old).toEqual(young);
});

it(
  'forgets in small steps what is over, and keeps what a decision rests on',
  { timeout: 120_000 },
  async () => {
    const { database, experiments, snapshots, units } = aged;
    const at = NOW - 100 * DAY_MS;
    await experiments.create(
      { ...(await experiments.named('live')).definition, experiment_id: 'over' },
      's',
      'test',
    );
    await database
      .collection<{ _id: string }>('experiments')
      .updateOne({ _id: 'over' }, { $set: { state: 'completed', settled_at: at, held: 'ended' } });
    await database.collection('snapshots').insertMany(
      Array.from({ length: 1_300 }, (_, n) => ({
        _id: `over:${at + n}`,
        experiment_id: 'over',
        at: at + n,
      })) as never[],
    );
    await database
      .collection('decisions')
      .insertOne({ _id: 'over#1', experiment_id: 'over', n: 1, snapshot_id: `over:${at + 7}` } as never);
    await aged.timeline.append('over', [['k', { at, kind: 'k' } as never]]);
    const unit = (experiment_id: string, touched_at: number) => ({
      step: 1,
      touched_at,
      state: JSON.stringify({ ...emptyUnit(), entries: [{ experiment_id, epoch: 0 }] }),
      counted: '[]',
      delta: '[]',
      marks: '[]',
    });
    const old = NOW - 40 * DAY_MS;
    await unitsOf(database, 0).insertMany([
      ...Array.from({ length: 700 }, (_, n) => ({ _id: `old-${n}`, ...unit('over', old) })),
      { _id: 'running', ...unit('live', old) },
      { _id: 'recent', ...unit('over', NOW) },
    ]);
    const retention = new Retention(aged, STANDARD_RETENTION);
    const step = await cost(() => retention.step(NOW, () => undefined));
    // Four times 500 units, their states, and ten deletions of 500 documents, at the very most.
    expect(step.documents).toBeLessThan(10_000);
    for (let n = 0; n < 5; n += 1) await retention.step(NOW, () => undefined);
    const left = await snapshots.series('over', 10_000, 0);
    expect(left.map(({ _id }) => _id)).toEqual([`over:${at + 7}`, `over:${at + 1_299}`]);
    expect((await unitsOf(database, 0).find().toArray()).map(({ _id }) => _id)).toEqual([
      'recent',
      'running',
    ]);
    const { idle } = await units.idle(0, '', NOW + DAY_MS);
    // One that was folded meanwhile stays.
    await unitsOf(database, 0).updateOne({ _id: 'recent' }, { $set: { step: 2 } });
    await units.delete(0, idle);
    expect((await unitsOf(database, 0).find().toArray()).map(({ _id }) => _id)).toContain('recent');
    expect(await aged.timeline.of('over', 10, 0)).toHaveLength(1);
    expect((await experiments.named('over')).held).toBe('archived');
    await retention.step(NOW + 700 * DAY_MS, () => undefined);
    expect(await aged.timeline.of('over', 10, 0)).toEqual([]);
    expect((await experiments.named('over')).held).toBeUndefined();
    expect(await aged.decisions.of('over', 10, 0)).toHaveLength(1);
  },
);
