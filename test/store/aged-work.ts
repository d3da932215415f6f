// What an installation does all the time, or when somebody asks: each is to cost the same however old it is.
import { builtInMetrics } from '../../src/model/metric.js';
import { DAY_MS } from '../../src/model/time.js';
import { findHistory } from '../../src/operations/find-history.js';
import { shownLook } from '../../src/operations/find-results.js';
import { Reconciler } from '../../src/operations/reconcile.js';
import { Resealer } from '../../src/operations/reseal.js';
import { Retention, STANDARD_RETENTION } from '../../src/operations/retention.js';
import { deleteDefinition, saveDefinition } from '../../src/operations/save-definition.js';
import { takeFlag } from '../../src/operations/take-flag.js';
import { Looks } from '../../src/operations/take-look.js';
import { LivenessObserver } from '../../src/serving/liveness.js';
import { Refresher } from '../../src/serving/refresher.js';
import type { Store } from '../../src/store/store.js';
import { OPTED_OUT, snapshotOf } from './aged-installation.js';

export interface Work {
  name: string;
  /** What may be read of the past besides, because it is asked for; bounded all the same. */
  history: { documents: number; bytes: number };
  work: (store: Store) => Promise<unknown>;
}

const SUMMARY = { last_look_at: 1, units: 0, primary: null, guardrail: null, srm: {}, spark: [] } as never;
const NONE = { documents: 0, bytes: 0 };

/** The documents here are not really sealed. */
const SEALING = {
  open: () => '{"unit_id":"u"}',
  sealWith: (key_id: string, text: string) => ({ key_id, text }),
};

/** Temporal, as far as a round needs it: every workflow runs. */
const workflows = { running: () => Promise.resolve({ has: () => true }) } as never;

export function refresherOf(store: Store): Refresher {
  return new Refresher({
    store,
    environment: 'production',
    salt: 'salt',
    sealing: SEALING,
    onChange: () => undefined,
    onBroken: (id, message) => {
      throw new Error(`${id}: ${message}`);
    },
    onError: (error) => {
      throw error;
    },
  });
}

const refreshers = new Map<Store, Promise<Refresher>>();
/** A process that serves, with its first snapshot. */
export async function serving(store: Store): Promise<Refresher> {
  const known =
    refreshers.get(store) ??
    (async () => {
      const refresher = refresherOf(store);
      await refresher.refresh();
      return refresher;
    })();
  refreshers.set(store, known);
  return known;
}

async function saveFlag(store: Store, flag_id: string): Promise<void> {
  const before = await store.flags.get(flag_id);
  await saveDefinition({ store }, store.flags, flag_id, { flag_id, enabled: true }, 'test', before);
}

async function look(store: Store): Promise<unknown> {
  return new Looks(store).take(await store.experiments.forLook('live'), {
    ...{ experiment_id: 'live', revision: 1, epoch: 0, withdrawn: [] },
    slots: { control: 5_000, treatment: 5_000 },
  } as never);
}

async function round(store: Store): Promise<unknown> {
  const retention = new Retention(store, STANDARD_RETENTION);
  const keeping = { retention, resealer: new Resealer(store, SEALING) };
  return new Reconciler(store, workflows, new LivenessObserver(), keeping).round(() => undefined);
}

const list = (store: Store, state?: string, tag?: string) =>
  store.experimentList.page({ state, tag, environments: null }, 10);

const ALWAYS: [string, (store: Store) => Promise<unknown>][] = [
  ['a look', look],
  ['a snapshot stored', (store) => store.snapshots.put(snapshotOf('live', Date.now()))],
  ['a round of the watch', (store) => store.totals.changedSince(Date.now() - 60_000)],
  ['a poll of what is served', async (store) => (await serving(store)).refresh()],
  [
    'one change served',
    async (store) => {
      await store.serving.changed('experiment:live', 'flag:flag-1');
      await (await serving(store)).refresh();
    },
  ],
  [
    'a stop of many: 900 changes served',
    async (store) => {
      for (let n = 0; n < 90; n += 1)
        await store.serving.changed(...Array.from({ length: 10 }, (_, i) => `experiment:live-${i}` as const));
      await (await serving(store)).refresh();
    },
  ],
];

const ASKED: [string, (store: Store) => Promise<unknown>][] = [
  ['the list of experiments that are scheduled', (store) => list(store, 'scheduled')],
  [
    'the list of experiments that are not over',
    (store) => store.experimentList.page({ ended: false, environments: null }, 10, undefined, true),
  ],
  [
    'the list of what needs somebody',
    (store) => store.experimentList.page({ needs: 'somebody', environments: null }, 10),
  ],
  ['how many experiments there are', (store) => store.experimentList.counts(null)],
  ['what a look said', (store) => store.experimentList.summarise('live', SUMMARY)],
  ['one experiment', (store) => store.experiments.named('live')],
  ['its results', async (store) => shownLook(store, await store.experiments.named('live'), {})],
  ['its results of an hour ago', async (store) => store.snapshots.latest('live', Date.now() - 3_600_000)],
  ['its timeline', (store) => store.timeline.of('live', 10, 0)],
  [
    'a line of its timeline',
    (store) => store.timeline.append('live', [[`${Math.random()}`, { at: 1, kind: 'note' } as never]]),
  ],
  ['its exclusions', (store) => store.exclusions.page('live', 10, undefined)],
  ['its decisions', (store) => store.decisions.conclusions('live')],
  ['commands to deliver', (store) => store.commands.pending()],
  ['emergency stops that stand', (store) => store.emergencyStops.standing([])],
  ['a flag saved', (store) => saveFlag(store, 'flag-1')],
  [
    'a flag made and deleted',
    async (store) => {
      await saveFlag(store, 'passing');
      await deleteDefinition({ store }, store.flags, 'passing', 'test');
    },
  ],
  [
    'a unit opted out',
    (store) => store.optOuts.put({ _id: 'unit', sealed: { key_id: 'k1', text: '' }, at: '' }),
  ],
  [
    'a request with an Idempotency-Key',
    (store) =>
      store.idempotency.claim({ _id: `${Math.random()}`, body_hash: '', by: 'p' }, Date.now(), () =>
        Promise.resolve(false),
      ),
  ],
  ['the processes', (store) => store.instances.all()],
  [
    'a flag taken by an experiment',
    async (store) => takeFlag(store, (await store.experiments.get('live'))!, Date.now()),
  ],
];

/** What reads of the past as much as was asked for. */
const OF_THE_PAST: Work[] = [
  {
    // Pages of 10, where a fresh installation has fewer.
    name: 'the first page of completed experiments',
    history: { documents: 11, bytes: 200_000 },
    work: (store) => list(store, 'completed', 'checkout'),
  },
  {
    name: 'the first page of all experiments',
    history: NONE,
    work: (store) => list(store),
  },
  {
    name: 'the first page of emergency stops',
    history: { documents: 11, bytes: 10_000 },
    work: (store) => store.emergencyStops.page(10, null, null),
  },
  {
    name: 'the audit log of one person since a day',
    history: { documents: 150, bytes: 40_000 },
    work: (store) =>
      store.audit.list(
        { after: 0, actor: 'key_1', since: new Date(Date.now() - 998 * DAY_MS).toISOString() },
        10,
      ),
  },
  {
    name: 'the revisions of a flag',
    history: { documents: 11, bytes: 10_000 },
    work: (store) => store.flags.history('flag-1', 10),
  },
  {
    name: 'a process that starts to serve',
    history: { documents: OPTED_OUT + 1, bytes: 150 * OPTED_OUT },
    work: (store) => refresherOf(store).refresh(),
  },
  {
    // Up to 50 ended experiments with a metric say how lifts are spread, by a line in each.
    name: 'what a start learns from earlier experiments',
    history: { documents: 80, bytes: 30_000 },
    work: async (store) => {
      const document = (await store.experiments.get('live'))!;
      const metrics = new Map(builtInMetrics.map((metric) => [metric.metric_id, metric]));
      return findHistory(store, document, metrics, Date.now());
    },
  },
  {
    // One step of retention looks at some units, and some experiments whose time may have come.
    name: 'a round of reconciliation and retention',
    history: { documents: 4_000 + 20, bytes: 400_000 },
    work: round,
  },
];

export const WORK: Work[] = [
  ...[...ALWAYS, ...ASKED].map(([name, work]) => ({ name, work, history: NONE })),
  ...OF_THE_PAST,
];
