// An installation of three years, in proportion, beside a fresh one: both run the same work now.
import { createServer, connect, type AddressInfo } from 'node:net';
import { MongoClient } from 'mongodb';
import { emptyUnit } from '../../src/metrics/unit.js';
import { DAY_MS } from '../../src/model/time.js';
import type { NewDelivery } from '../../src/store/deliveries.js';
import type { Store } from '../../src/store/store.js';
import { launched } from './launched.js';

/** Experiments that run, and flags that are defined, in both installations. */
export const LIVE = 20;
/** Experiments that ended in three years. */
export const ENDED = 2_000;
/** Of one experiment that ran long: its snapshots, timeline lines and commands. */
export const LONG = 3_000;
export const OPTED_OUT = 500;
export const ALONE = { secret: 'a secret of tests that is long enough', partitions: 1 };

/** What both have: experiments that run, the newest with a history of its own, flags, a layer, processes. */
export async function furnish(store: Store, now: number): Promise<void> {
  for (let n = 0; n < LIVE; n += 1) await start(store, n === 0 ? 'live' : `live-${n}`, now - DAY_MS);
  for (let n = 0; n < LIVE; n += 1) {
    const flag = { flag_id: `flag-${n}`, enabled: n > 0 };
    await store.flags.replace(flag.flag_id, flag, 'test', null, 1);
  }
  const { segments, metrics, policies, layers, holdouts } = store;
  for (const definitions of [segments, policies, layers, holdouts] as unknown as Store['flags'][])
    await definitions.replace('mine', {} as never, 'test', null, 1);
  const metric = { metric_id: 'mine', kind: 'proportion', event: 'bought', direction: 'increase' } as const;
  await metrics.replace('mine', metric, 'test', null, 1);
  for (const at of [now - 2 * 3_600_000, now - 1_000]) await store.snapshots.put(snapshotOf('live', at));
  await store.totals.of('live');
}

async function start(store: Store, experiment_id: string, now: number): Promise<void> {
  const { definition, launch, view, publication } = launched(experiment_id, now, { tags: ['checkout'] });
  await store.experiments.create(definition, experiment_id, 'test');
  await store.experiments.launch(experiment_id, launch, view, publication);
}

export function snapshotOf(experiment_id: string, at: number, epoch = 0): never {
  const input = { control: 'control', metrics: [], padding: 'x'.repeat(500) };
  return { _id: `${experiment_id}:${at}`, experiment_id, at, input, look: { epoch, at } } as never;
}

/** Three years: experiments that are over, with what they left; the oldest as retention leaves them. */
export async function age(store: Store, now: number): Promise<void> {
  const live = (await store.experiments.get('live'))!;
  const into = async (name: string, documents: object[]): Promise<void> => {
    for (let from = 0; from < documents.length; from += 250)
      await store.database.collection(name).insertMany(documents.slice(from, from + 250));
  };
  const ended = Array.from({ length: ENDED }, (_, n) => ({
    id: `ended-${n}`,
    at: now - (91 + n / 2) * DAY_MS,
  }));
  const each = (count: number, make: (id: string, n: number, at: number) => object): object[] =>
    ended.flatMap(({ id, at }) => Array.from({ length: count }, (_, n) => make(id, n, at)));
  await into(
    'experiments',
    ended.map(({ id, at }) => ({
      ...{ ...live, _id: id, definition: { ...live.definition, experiment_id: id } },
      ...{ flag_id: id, state: 'completed', settled_at: at, checkpoint: { decisions: 2 } },
      launch: { ...live.launch, start_at: at - 14 * DAY_MS },
      final_lifts: [{ metric_id: 'click_through_rate', lift: 0.01 * Math.sin(at), standard_error: 0.002 }],
      held: at > now - 730 * DAY_MS ? 'archived' : undefined,
    })),
  );
  await into(
    'snapshots',
    each(3, (id, n, at) => snapshotOf(id, at + n)),
  );
  await into(
    'snapshots',
    Array.from({ length: LONG }, (_, n) => snapshotOf('live', now - DAY_MS + n, n < 10 ? 0 : 1)),
  );
  await into(
    'timeline',
    each(5, (id, n, at) => ({ _id: `${id}#${n}`, experiment_id: id, seq: n + 1, at })),
  );
  await into(
    'commands',
    each(2, (id, n) => ({ _id: `${id}:c${n}`, experiment_id: id, status: 'done' })),
  );
  await into(
    'decisions',
    each(2, (id, n) => ({ _id: `${id}#${n + 1}`, experiment_id: id, n: n + 1, snapshot_id: null })),
  );
  await into(
    'totals',
    each(4, (id, n, at) => ({ _id: `${id}:0:0:${n}`, experiment_id: id, folded_at: at, applied: {} })),
  );
  // Older ones are forgotten: these are of many others of the last three weeks.
  await into(
    'minutes',
    each(4, (id, n) => ({
      ...{ _id: `@${id}:0:${n}`, experiment_id: id, applied: {}, m: {} },
      at: now - (n + 1) * 5 * DAY_MS,
    })),
  );
  for (const name of ['exclusions', 'overrides'])
    await into(
      name,
      each(2, (id, n) => ({ _id: `${id}:u${n}`, experiment_id: id, unit: `u${n}` })),
    );
  await into(
    'flag_leases',
    each(1, (id) => ({ _id: id, version: 1, holders: [] })),
  );
  await ageInstallation(store, now, into);
}

/** What grows besides experiments. */
async function ageInstallation(
  store: Store,
  now: number,
  into: (name: string, documents: object[]) => Promise<void>,
): Promise<void> {
  const many = (count: number, make: (n: number) => object): object[] =>
    Array.from({ length: count }, (_, n) => make(n));
  const iso = (n: number): string => new Date(now - 1_000 * DAY_MS + n * 60_000).toISOString();
  await into(
    'flag_revisions',
    many(2_000, (n) => ({
      ...{ _id: `flag-${n % LIVE}@${1 + Math.floor(n / LIVE)}`, revision: 1 + Math.floor(n / LIVE) },
      ...{ definition: {}, archived_at: now - DAY_MS },
    })),
  );
  for (let n = 0; n < LIVE; n += 1)
    await store.database
      .collection('flags')
      .updateOne({ _id: `flag-${n}` as never }, { $set: { revision: 101 } });
  await into(
    'flags_deleted',
    many(1_000, (n) => ({ _id: `gone-${n}`, revision: 3 })),
  );
  await into(
    'opt_outs',
    many(OPTED_OUT, (n) => ({ _id: `u${n}`, sealed: { key_id: 'k1', text: '' }, at: iso(n) })),
  );
  await into(
    'emergency_stops',
    many(300, (n) => ({
      ...{ _id: `stop_${now - n * DAY_MS}-${n}`, at: iso(n), by: 'test', reason: 'r', scope: [`ended-${n}`] },
      ...{ experiment_ids: [], fence_revision: n, released_at: iso(n) },
    })),
  );
  await into(
    'idempotency',
    many(2_000, (n) => ({ _id: `i${n}`, at: now - n, by: 'p', status: 200, body: '' })),
  );
  await into(
    'event_types',
    many(500, (n) => ({ _id: `t${n}`, last_at: now - n })),
  );
  await into(
    'webhooks',
    many(3, (n) => ({ _id: `webhook-${n}` })),
  );
  for (let n = 0; n < 3_000; n += 1) await store.deliveries.add(deliveryOf(n, now));
  const audit = 5_000;
  await into(
    'audit',
    many(audit, (n) => ({
      ...{ _id: n + 1, key: `k${n}`, at: iso(n), hash: 'h', action: 'flag.update' },
      ...{ actor: { type: 'person', id: `key_${n % 5}` }, subject: { type: 'flag', id: `flag-${n % LIVE}` } },
    })),
  );
  await store.database
    .collection('audit_anchor')
    .updateOne({ _id: 'head' as never }, { $set: { seq: audit, hash: 'h' } });
  await into(
    'units_0',
    many(2_000, (n) => ({
      ...{ _id: `unit-${n}`, step: 1, touched_at: now - (n % 25) * DAY_MS },
      ...{ state: JSON.stringify(emptyUnit()), counted: '[]', delta: '[]', marks: '[]' },
    })),
  );
}

/** What became of an alert: most were delivered, some wait in one lane, in their turn or in a digest. */
export function deliveryOf(n: number, now: number): NewDelivery {
  const isWaiting = n < 400;
  const queue = n % 2 === 0 ? ('in_turn' as const) : ('aside' as const);
  return {
    ...{ _id: `dlv_${n}`, webhook_id: 'busy', order: n, at: now - (n % 30) * DAY_MS },
    lane: queue === 'in_turn' ? 'busy|lane' : 'busy|digest',
    alert: { problem: `p${n % 50}` } as never,
    status: isWaiting ? 'waiting' : n % 7 === 0 ? 'dead' : 'delivered',
    ...(isWaiting && { queue, due_at: now - n }),
    give_up_at: now,
    attempts: 1,
  };
}

/** Counts what a server does for a store: the documents that it looks at, and the bytes that it sends. */
export class Meter {
  private constructor(
    private readonly client: MongoClient,
    readonly address: string,
    private readonly closing: () => void,
    private readonly count: { bytes: number },
  ) {}

  /** @param address of the server; a store is to be opened at `meter.address` */
  static async of(address: string): Promise<Meter> {
    const { hostname, port } = new URL(address);
    const count = { bytes: 0 };
    const proxy = createServer((client) => {
      const server = connect(Number(port || 27_017), hostname);
      server.on('data', (data) => {
        count.bytes += data.length;
      });
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const client = await new MongoClient(address).connect();
    const own = `mongodb://127.0.0.1:${(proxy.address() as AddressInfo).port}/?directConnection=true`;
    return new Meter(client, own, () => proxy.close(), count);
  }

  /** Documents that the server has looked at for the work, and bytes that it has sent. */
  async measure(work: () => Promise<unknown>): Promise<{ documents: number; bytes: number; ms: number }> {
    const [documents, bytes, begin] = [await this.examined(), this.count.bytes, performance.now()];
    await work();
    const ms = performance.now() - begin;
    return { documents: (await this.examined()) - documents, bytes: this.count.bytes - bytes, ms };
  }

  private async examined(): Promise<number> {
    const { metrics } = await this.client.db('admin').command({ serverStatus: 1 });
    return Number((metrics as { queryExecutor: { scannedObjects: number } }).queryExecutor.scannedObjects);
  }

  async close(): Promise<void> {
    await this.client.close();
    this.closing();
  }
}
