// Every method of every store, against an installation of three years: how many documents the server may look at for it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { SEALED_FIELDS } from '../../src/store/sealed-fields.js';
import { openStore, type Store } from '../../src/store/store.js';
import { age, ALONE, deliveryOf, furnish, LIVE, Meter, OPTED_OUT, snapshotOf } from './aged-installation.js';

type Call = (store: Store) => unknown;
type Methods<T> = { [M in keyof T as T[M] extends (...args: never[]) => unknown ? M : never]: T[M] };
/** A method, and the documents that it may look at. The type asks for every public method: a new one is missed here. */
type Bounds<T> = Record<keyof Methods<T>, readonly [bound: number, call: Call]>;
type AllBounds = { [S in Exclude<keyof Store, 'database'>]: Bounds<Store[S]> };

const NOW = Date.now();
/** What a compare-and-set looks at: the document, again to change it, and where it failed once more. */
const ONE = 4;
/** A page of 100, and one document more. */
const PAGE = 101;
/** Documents that are deleted at a time are found, and looked at again to be deleted. */
const STEP = 3 * 500;
/** Search by halves. */
const HALVES = 60;
const line = [['key', { at: NOW, kind: 'note', actor: { type: 'engine', id: 'e' }, revision: 0 }]] as never;
const change = {
  actor: { type: 'person', id: 'a' },
  action: 'x',
  subject: { type: 'flag', id: 'f' },
} as never;
const stop = {
  _id: 'stop_1-a',
  at: '',
  by: '',
  reason: '',
  scope: 'all',
  experiment_ids: [],
  fence_revision: 1,
};
const sealed = { key_id: 'k1', text: '' };
const parcel = deliveryOf(1, NOW);
const mark = { _id: 'ended-1:v', experiment_id: 'ended-1', unit: 'v', sealed, at: '', by: '' };

function definitions(of: (store: Store) => Store['flags'], id: string): Bounds<Store['flags']> {
  const stored = async (store: Store) => (await of(store).get(id))!;
  return {
    initialise: [0, (store) => of(store).initialise()],
    // Where there is none yet, it is built.
    index: [2 * (LIVE + 1), (store) => of(store).index('enabled')],
    get: [ONE, (store) => of(store).get(id)],
    many: [2, (store) => of(store).many([id, 'none'])],
    all: [LIVE + 1, (store) => of(store).all()],
    having: [1, (store) => of(store).having('enabled', false)],
    idsHaving: [1, (store) => of(store).idsHaving('prerequisites.flag_id', 'flag-1')],
    page: [PAGE, (store) => of(store).page(100, undefined, null)],
    nextRevision: [ONE, (store) => of(store).nextRevision('gone-1', null)],
    replace: [
      10,
      async (store) => {
        const before = await stored(store);
        await of(store).replace(id, before.definition, 'test', before, before.revision + 1);
      },
    ],
    delete: [10, async (store) => of(store).delete({ ...(await stored(store)), revision: 5_000 })],
    revision: [ONE, (store) => of(store).revision(id, 7)],
    range: [4 * ONE, (store) => of(store).range(id, 5, 8)],
    newestRevisions: [2, (store) => of(store).newestRevisions([id, 'none'])],
    newestRevision: [ONE, (store) => of(store).newestRevision('gone-1')],
    history: [PAGE + ONE, (store) => of(store).history(id, 100)],
    forgetRevisions: [STEP, (store) => of(store).forgetRevisions(NOW)],
  };
}

function markedUnits(of: (store: Store) => Store['overrides']): Bounds<Store['overrides']> {
  return {
    initialise: [0, (store) => of(store).initialise()],
    add: [ONE, (store) => of(store).add([mark])],
    put: [ONE, (store) => of(store).put(mark)],
    get: [ONE, (store) => of(store).get(mark._id)],
    page: [PAGE, (store) => of(store).page('ended-1', 100, undefined)],
    many: [10, (store) => of(store).many(['ended-1', 'ended-2'])],
    ofUnit: [ONE, (store) => of(store).ofUnit('v', 100)],
    remove: [ONE, (store) => of(store).remove([mark._id])],
    forget: [10, (store) => of(store).forget('ended-5')],
  };
}

const BOUNDS: AllBounds = {
  flags: definitions((store) => store.flags, 'flag-1'),
  segments: definitions((store) => store.segments as never, 'mine'),
  metrics: definitions((store) => store.metrics as never, 'mine'),
  policies: definitions((store) => store.policies as never, 'mine'),
  layers: definitions((store) => store.layers as never, 'mine'),
  holdouts: definitions((store) => store.holdouts as never, 'mine'),
  exclusions: markedUnits((store) => store.exclusions as never),
  overrides: markedUnits((store) => store.overrides),
  leases: {
    book: [ONE, (store) => store.leases.book('layer')],
    take: [
      2 * ONE,
      (store) => store.leases.take('layer', { experiment_id: 'live', environment: undefined }, 100),
    ],
    giveBack: [ONE, (store) => store.leases.giveBack('layer', 'live')],
    holders: [1, (store) => store.leases.holders()],
  },
  flagLeases: {
    take: [
      ONE,
      ({ flagLeases }) =>
        flagLeases.take('ended-3', { experiment_id: 'e', layer_id: null, at: NOW }, () =>
          Promise.resolve([]),
        ),
    ],
    blocking: [
      1,
      ({ flagLeases }) =>
        flagLeases.blocking('ended-3', { experiment_id: 'e', layer_id: null, at: NOW }, () =>
          Promise.resolve([]),
        ),
    ],
  },
  experiments: {
    initialise: [0, ({ experiments }) => experiments.initialise()],
    create: [
      ONE,
      async ({ experiments }) => {
        const { definition } = await experiments.named('live');
        await experiments.create({ ...definition, experiment_id: 'draft' }, 'salt', 'test');
      },
    ],
    get: [ONE, ({ experiments }) => experiments.get('ended-1')],
    named: [ONE, ({ experiments }) => experiments.named('ended-1')],
    started: [ONE, ({ experiments }) => experiments.started('ended-1')],
    forLook: [ONE, ({ experiments }) => experiments.forLook('live')],
    lookSubject: [ONE, ({ experiments }) => experiments.lookSubject('live')],
    changeDraft: [
      ONE,
      async ({ experiments }) =>
        experiments.changeDraft('draft', (await experiments.named('draft')).definition, 'test'),
    ],
    deleteDraft: [ONE, ({ experiments }) => experiments.deleteDraft('draft')],
    launch: [ONE, ({ experiments }) => experiments.launch('none', {} as never, {} as never, {} as never)],
    launchedOnFlag: [5, ({ experiments }) => experiments.launchedOnFlag('live', 0)],
    underWay: [LIVE, ({ experiments }) => experiments.underWay()],
    underWayOnFlag: [2, ({ experiments }) => experiments.underWayOnFlag('live')],
    settle: [ONE, ({ experiments }) => experiments.settle('none', NOW, {})],
    settledBefore: [20, ({ experiments }) => experiments.settledBefore('archived', NOW, 20)],
    hold: [ONE, ({ experiments }) => experiments.hold('none', 'open', null)],
    openVersions: [LIVE + 1, ({ experiments }) => experiments.openVersions()],
    unsettled: [LIVE + 1, ({ experiments }) => experiments.unsettled()],
    commit: [
      ONE,
      ({ experiments }) => experiments.commit({ experiment_id: 'none', version: 1, view: {} } as never),
    ],
    force: [ONE, ({ experiments }) => experiments.force('none', { view: {}, checkpoint: {} } as never, [])],
    forced: [0, ({ experiments }) => experiments.forced()],
    placesOf: [2, ({ experiments }) => experiments.placesOf(['live', 'ended-1'])],
    notOverFor: [LIVE + 1, ({ experiments }) => experiments.notOverFor('beta')],
    notOverOn: [LIVE + 1, ({ experiments }) => experiments.notOverOn('live')],
    states: [2, ({ experiments }) => experiments.states(['live', 'ended-1'])],
    markServed: [ONE, ({ experiments }) => experiments.markServed('live', 1, 1)],
    servedAt: [ONE, ({ experiments }) => experiments.servedAt('live')],
    freezeThresholds: [2 * ONE, ({ experiments }) => experiments.freezeThresholds('live', { m: 1 })],
    // The ids, then the experiments.
    served: [2 * (LIVE + 1), ({ experiments }) => experiments.served('all', NOW)],
  },
  pastExperiments: {
    initialise: [0, ({ pastExperiments }) => pastExperiments.initialise()],
    newestWithMetric: [
      LIVE + 5,
      ({ pastExperiments }) =>
        pastExperiments.newestWithMetric('click_through_rate', 5, { state: 'completed' }),
    ],
    newestLifts: [5, ({ pastExperiments }) => pastExperiments.newestLifts('click_through_rate', 5)],
  },
  experimentList: {
    initialise: [0, ({ experimentList }) => experimentList.initialise()],
    page: [PAGE, ({ experimentList }) => experimentList.page({ ended: true, environments: null }, 100)],
    // Those that are not over; the others are counted by an index.
    counts: [LIVE + 1, ({ experimentList }) => experimentList.counts(null)],
    pulses: [LIVE + 1, ({ experimentList }) => experimentList.pulses()],
    summarise: [ONE, ({ experimentList }) => experimentList.summarise('live', { last_look_at: 1 } as never)],
  },
  untold: {
    initialise: [0, ({ untold }) => untold.initialise()],
    all: [LIVE, ({ untold }) => untold.all()],
    told: [2 * ONE, ({ untold }) => untold.told('live', ['k'])],
    flagTold: [ONE, ({ untold }) => untold.flagTold('live', 1)],
  },
  timeline: {
    initialise: [0, ({ timeline }) => timeline.initialise()],
    append: [ONE, ({ timeline }) => timeline.append('live', line)],
    forget: [20, ({ timeline }) => timeline.forget('ended-5')],
    // Those of 100 experiments, then those of one of them and the line before.
    unheardOf: [PAGE, ({ timeline }) => timeline.unheardOf()],
    unheard: [PAGE + ONE, ({ timeline }) => timeline.unheard('live')],
    heard: [3 * ONE, ({ timeline }) => timeline.heard(['live#key', 'none'])],
    of: [PAGE, ({ timeline }) => timeline.of('ended-1', 100, 0)],
  },
  decisions: {
    initialise: [0, ({ decisions }) => decisions.initialise()],
    add: [ONE, ({ decisions }) => decisions.add('live', { n: 1 } as never, {} as never)],
    get: [ONE, ({ decisions }) => decisions.get('ended-1', 1)],
    conclusions: [10, ({ decisions }) => decisions.conclusions('ended-1')],
    latest: [10, ({ decisions }) => decisions.latest('ended-1', NOW)],
    standing: [10, ({ decisions }) => decisions.standing('ended-1', { snapshot_id: 's', at: NOW })],
    snapshotIds: [10, ({ decisions }) => decisions.snapshotIds('ended-1')],
    of: [PAGE, ({ decisions }) => decisions.of('ended-1', 100, 0)],
  },
  optOuts: {
    put: [ONE, ({ optOuts }) => optOuts.put({ _id: 'x', sealed, at: '' })],
    page: [PAGE, ({ optOuts }) => optOuts.page(100)],
    get: [ONE, ({ optOuts }) => optOuts.get('u1')],
    many: [2, ({ optOuts }) => optOuts.many(['u1', 'u2'])],
    // Each process must know everybody who has opted out.
    all: [OPTED_OUT + 1, ({ optOuts }) => optOuts.all()],
    delete: [ONE, ({ optOuts }) => optOuts.delete('x')],
  },
  snapshots: {
    initialise: [0, ({ snapshots }) => snapshots.initialise()],
    moments: [30, ({ snapshots }) => snapshots.moments('ended-1')],
    forSeries: [2, ({ snapshots }) => snapshots.forSeries(['none', 'neither'])],
    put: [ONE, ({ snapshots }) => snapshots.put(snapshotOf('live', NOW))],
    get: [ONE, ({ snapshots }) => snapshots.get(`live:${NOW}`)],
    latest: [ONE, ({ snapshots }) => snapshots.latest('live')],
    latestOfEpoch: [HALVES, ({ snapshots }) => snapshots.latestOfEpoch('live', 1)],
    forget: [STEP, ({ snapshots }) => snapshots.forget('ended-7', new Set())],
    series: [PAGE, ({ snapshots }) => snapshots.series('live', 100, NOW - 1e9)],
  },
  commands: {
    initialise: [0, ({ commands }) => commands.initialise()],
    accept: [
      ONE,
      ({ commands }) => commands.accept({ _id: 'c', experiment_id: 'live', status: 'pending' } as never),
    ],
    get: [ONE, ({ commands }) => commands.get('c')],
    pending: [1, ({ commands }) => commands.pending()],
    settle: [ONE, ({ commands }) => commands.settle('c', 'done')],
    forget: [10, ({ commands }) => commands.forget('ended-5')],
  },
  emergencyStops: {
    initialise: [0, ({ emergencyStops }) => emergencyStops.initialise()],
    put: [ONE, ({ emergencyStops }) => emergencyStops.put({ ...stop, scope: 'all', released_at: null })],
    get: [ONE, ({ emergencyStops }) => emergencyStops.get(stop._id)],
    page: [11, ({ emergencyStops }) => emergencyStops.page(10, null, null)],
    standing: [2, ({ emergencyStops }) => emergencyStops.standing([stop._id])],
    unheard: [2, ({ emergencyStops }) => emergencyStops.unheard()],
    came: [2 * ONE, ({ emergencyStops }) => emergencyStops.came(stop._id, 'complete', NOW)],
    heard: [ONE, ({ emergencyStops }) => emergencyStops.heard(stop._id, 'set')],
    allHeard: [
      ONE,
      ({ emergencyStops }) => emergencyStops.allHeard({ ...stop, scope: 'all', released_at: null }),
    ],
  },
  serving: {
    isFresh: [1, ({ serving }) => serving.isFresh()],
    initialise: [1, ({ serving }) => serving.initialise()],
    read: [1, ({ serving }) => serving.read()],
    fences: [1, ({ serving }) => serving.fences()],
    changed: [ONE, ({ serving }) => serving.changed('flag:f')],
    fence: [ONE, ({ serving }) => serving.fence({ ...stop, emergency_stop_id: 's', scope: 'all' })],
    release: [ONE, ({ serving }) => serving.release('s')],
    changesSince: [5, async ({ serving }) => serving.changesSince(await serving.read(), 1)],
  },
  reconciliation: {
    latest: [1, ({ reconciliation }) => reconciliation.latest()],
    add: [ONE, ({ reconciliation }) => reconciliation.add({} as never)],
  },
  insights: {
    ended: [
      PAGE,
      ({ insights }) => insights.ended({ from: 0, until: NOW, order: 'desc', environments: null }, 100),
    ],
    decisions: [20, ({ insights }) => insights.decisions(['ended-1', 'ended-2'])],
  },
  instances: {
    beat: [
      ONE,
      ({ instances }) =>
        instances.beat({
          ...{ instance_id: 'i', start_id: 's', counter: 1, serving_revision: 1 },
          ...{ process: null, unserved: [] },
        }),
    ],
    hearSdk: [ONE, ({ instances }) => instances.hearSdk('i', 1)],
    forgetSdk: [ONE, ({ instances }) => instances.forgetSdk('i')],
    recent: [2, ({ instances }) => instances.recent()],
    all: [2, ({ instances }) => instances.all()],
    remove: [ONE, ({ instances }) => instances.remove('i', 's')],
  },
  keys: {
    put: [ONE, ({ keys }) => keys.put({ _id: 'k' } as never)],
    get: [ONE, ({ keys }) => keys.get('k')],
    all: [1, ({ keys }) => keys.all()],
    delete: [ONE, ({ keys }) => keys.delete('k')],
  },
  keyring: {
    initialise: [1, ({ keyring }) => keyring.initialise()],
    read: [1, ({ keyring }) => keyring.read()],
    current: [1, ({ keyring }) => keyring.current()],
    rotate: [ONE, ({ keyring }) => keyring.rotate('k1', 'a')],
    note: [
      ONE + 1,
      async ({ keyring }) =>
        keyring.note(await keyring.read(), { at: '', resealed: 0, unreadable: 0, complete: true }),
    ],
  },
  sealedFields: {
    // Each index is built where it is not there yet.
    initialise: [0, ({ sealedFields }) => sealedFields.initialise()],
    sealedByOthers: [101, ({ sealedFields }) => sealedFields.sealedByOthers(SEALED_FIELDS[2], 'k2')],
    replace: [
      ONE,
      ({ sealedFields }) =>
        sealedFields.replace(SEALED_FIELDS[2], [{ before: { _id: 'u1', sealed }, sealed }]),
    ],
  },
  erasures: {
    initialise: [0, ({ erasures }) => erasures.initialise()],
    put: [
      ONE,
      ({ erasures }) =>
        erasures.put({ _id: 'e', unit: 'u1', at: NOW, by: 'a', revision: 1, removed: {} as never }),
    ],
    get: [ONE, ({ erasures }) => erasures.get('e')],
    forget: [STEP, ({ erasures }) => erasures.forget(NOW)],
  },
  people: {
    signIn: [ONE, ({ people }) => people.signIn({ _id: 'p', name: 'Ada' } as never)],
    endSessions: [ONE, ({ people }) => people.endSessions('p')],
    get: [ONE, ({ people }) => people.get('p')],
    many: [2, ({ people }) => people.many(['p', 'q'])],
    // Each process must know all whose sessions were ended, and their names.
    all: [1, ({ people }) => people.all()],
  },
  audit: {
    initialise: [0, ({ audit }) => audit.initialise(false)],
    newest: [1, ({ audit }) => audit.newest()],
    append: [ONE, ({ audit }) => audit.append(change)],
    list: [
      100 + PAGE + HALVES,
      ({ audit }) => audit.list({ after: 0, since: new Date(NOW - 998 * 86_400_000).toISOString() }, 100),
    ],
    verify: [1_002, ({ audit }) => audit.verify(100, 1_000)],
  },
  idempotency: {
    initialise: [0, ({ idempotency }) => idempotency.initialise()],
    claim: [
      ONE,
      ({ idempotency }) =>
        idempotency.claim({ _id: 'n', body_hash: '', by: 'p' }, NOW, () => Promise.resolve(false)),
    ],
    answer: [ONE, ({ idempotency }) => idempotency.answer('n', 'p', 200, sealed)],
    giveBack: [ONE, ({ idempotency }) => idempotency.giveBack('n', 'p')],
    forget: [STEP, ({ idempotency }) => idempotency.forget(NOW + 86_399_000)],
  },
  eventTypes: {
    initialise: [0, ({ eventTypes }) => eventTypes.initialise()],
    note: [ONE, ({ eventTypes }) => eventTypes.note(['t1', 'new'], NOW)],
    lastSeen: [2, ({ eventTypes }) => eventTypes.lastSeen(['t1', 't2'])],
    // The embedded server sorts all types that there are, which a process bounds (1,000) and 90 days do; MongoDB goes by the index.
    newest: [501, ({ eventTypes }) => eventTypes.newest(100)],
    forget: [STEP, ({ eventTypes }) => eventTypes.forget(NOW)],
  },
  eventMinutes: {
    initialise: [0, ({ eventMinutes }) => eventMinutes.initialise()],
    add: [
      ONE,
      ({ eventMinutes }) =>
        eventMinutes.add(30_000_000, { types: { t1: 1 }, other_types: 0, rejected: {}, dropped: {} }),
    ],
    since: [61, ({ eventMinutes }) => eventMinutes.since(0)],
    forget: [STEP, ({ eventMinutes }) => eventMinutes.forget(NOW)],
  },
  recentEvents: {
    initialise: [0, ({ recentEvents }) => recentEvents.initialise()],
    put: [
      ONE,
      ({ recentEvents }) => recentEvents.put('p:0', [{ type: 't1', at: NOW, received_at: NOW, value: 1 }]),
    ],
    newest: [40, ({ recentEvents }) => recentEvents.newest(1_000, NOW)],
    forget: [STEP, ({ recentEvents }) => recentEvents.forget(NOW)],
  },
  inbox: {
    insert: [ONE, ({ inbox }) => inbox.insert(0, { _id: 'b', received_at: NOW, events: [] })],
    oldest: [1, ({ inbox }) => inbox.oldest(0)],
    // The ids of those that wait, then those.
    eventsOf: [2 * 200, ({ inbox }) => inbox.eventsOf('00000000')],
    partitionOf: [0, ({ inbox }) => inbox.partitionOf('00000000')],
    waiting: [1, ({ inbox }) => inbox.waiting()],
    isWaiting: [1, ({ inbox }) => inbox.isWaiting(0)],
  },
  totals: {
    initialise: [0, ({ totals }) => totals.initialise()],
    changedSince: [10, ({ totals }) => totals.changedSince(NOW)],
    foldedSince: [10, ({ totals }) => totals.foldedSince(NOW)],
    of: [10, ({ totals }) => totals.of('ended-1')],
    forget: [20, ({ totals }) => totals.forget('ended-5')],
  },
  minutes: {
    initialise: [0, ({ minutes }) => minutes.initialise()],
    of: [4, ({ minutes }) => minutes.of('live', 0, [NOW, NOW - 3_600_000])],
    forget: [STEP, ({ minutes }) => minutes.forget('ended-5')],
    forgetHours: [STEP, ({ minutes }) => minutes.forgetHours(NOW)],
  },
  webhooks: {
    put: [ONE, ({ webhooks }) => webhooks.put({ _id: 'w' } as never)],
    get: [ONE, ({ webhooks }) => webhooks.get('w')],
    // Each alert is held against all of them, of which there are few.
    all: [4, ({ webhooks }) => webhooks.all()],
    delete: [ONE, ({ webhooks }) => webhooks.delete('w')],
  },
  deliveries: {
    initialise: [0, ({ deliveries }) => deliveries.initialise()],
    add: [ONE, ({ deliveries }) => deliveries.add({ ...parcel, _id: 'dlv_new' })],
    get: [ONE, ({ deliveries }) => deliveries.get(parcel._id)],
    lastOf: [ONE, ({ deliveries }) => deliveries.lastOf('busy', 'p7', 1e9)],
    supersede: [ONE, ({ deliveries }) => deliveries.supersede(parcel, 'dlv_2', NOW)],
    first: [ONE, ({ deliveries }) => deliveries.first('busy|lane')],
    firstAside: [ONE, ({ deliveries }) => deliveries.firstAside('busy|digest')],
    dueOf: [PAGE, ({ deliveries }) => deliveries.dueOf('busy|digest', NOW)],
    putOff: [ONE, ({ deliveries }) => deliveries.putOff(parcel, NOW)],
    failed: [
      ONE,
      ({ deliveries }) =>
        deliveries.failed([parcel._id], 'busy|lane', {} as never, { due_at: NOW, queue: 'in_turn' }),
    ],
    settle: [ONE, ({ deliveries }) => deliveries.settle([parcel._id], 'busy', 'dead', {} as never, NOW)],
    again: [ONE, ({ deliveries }) => deliveries.again(parcel, NOW, NOW)],
    overdue: [2 * PAGE, ({ deliveries }) => deliveries.overdue(NOW)],
    page: [PAGE, ({ deliveries }) => deliveries.page('busy', { status: 'delivered' }, 100)],
    firstDue: [PAGE, ({ deliveries }) => deliveries.firstDue(NOW + 1)],
    // At most 1,000 of each kind.
    tally: [2_002, ({ deliveries }) => deliveries.tally('busy')],
    forgetOf: [STEP, ({ deliveries }) => deliveries.forgetOf('busy')],
    forget: [STEP, ({ deliveries }) => deliveries.forget(NOW - 29 * 86_400_000)],
  },
  alertSubjects: {
    get: [ONE, ({ alertSubjects }) => alertSubjects.get('ended-1')],
  },
  alertConditions: {
    initialise: [0, ({ alertConditions }) => alertConditions.initialise()],
    all: [2, ({ alertConditions }) => alertConditions.all('process')],
    begin: [ONE, ({ alertConditions }) => alertConditions.begin('process:a', 'process', {} as never)],
    end: [ONE, ({ alertConditions }) => alertConditions.end('process:a', { alert_id: 'x' } as never)],
    unheard: [2, ({ alertConditions }) => alertConditions.unheard()],
    heard: [ONE, ({ alertConditions }) => alertConditions.heard({ _id: 'process:a' } as never)],
  },
  units: {
    // Those of one step, and those of them that are idle.
    idle: [1_000, ({ units }) => units.idle(0, '', NOW)],
    known: [ONE, ({ units }) => units.known(0, 'unit-1')],
    delete: [ONE, ({ units }) => units.delete(0, [{ _id: 'unit-1', step: 9, experiment_ids: [] }])],
  },
};

let dataDir: string;
let mongo: Server;
let meter: Meter;
let store: Store;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-bounds-'));
  mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
  meter = await Meter.of(mongo.address);
  store = await openStore(mongo.address, `bounds_${process.pid}`, ALONE);
  await furnish(store, NOW);
  await age(store, NOW);
}, 240_000);

afterAll(async () => {
  await store.database.close();
  await meter.close();
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe.each(Object.entries(BOUNDS))('%s', (name, methods) => {
  it.each(Object.entries(methods))('%s looks at no more than its bound', async (method, [bound, call]) => {
    const { documents } = await meter.measure(() => Promise.resolve(call(store)));
    expect(documents, `${name}.${method} looked at ${documents} documents`).toBeLessThanOrEqual(bound);
  });
});

it.each([
  ['timeline', PAGE, ({ timeline }: Store) => timeline.of('ended-1', 100, 0, 'desc')],
  ['timeline, older ones', PAGE, ({ timeline }: Store) => timeline.of('ended-1', 100, 3, 'desc')],
  ['decisions', PAGE, ({ decisions }: Store) => decisions.of('ended-1', 100, 0, 'desc')],
  ['audit', PAGE, ({ audit }: Store) => audit.list({ after: 0, order: 'desc' }, 100)],
  ['audit, older ones', PAGE, ({ audit }: Store) => audit.list({ after: 500, order: 'desc' }, 100)],
] as const)('%s: a page of the newest looks at no more than its bound', async (name, bound, call) => {
  const { documents } = await meter.measure(() => call(store));
  expect(documents, name).toBeLessThanOrEqual(bound);
});

it('the meter counts: a search without an index looks at everything', async () => {
  const units = store.database.collection('units_0');
  const { documents } = await meter.measure(() => units.find({ step: 77 }).toArray());
  expect(documents).toBeGreaterThanOrEqual(2_000);
});
