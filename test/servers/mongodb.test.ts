import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type Db, type Document } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../src/rehearsal/random.js';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { assertAtomicWrites } from '../../src/store/atomicity.js';
import { Database } from '../../src/store/database.js';
import { eventually } from '../e2e/harness.js';

interface Doc extends Document {
  _id: string;
}

let dataDir: string;
let server: Server;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-mongodb-'));
  server = await startMongo({ dataDir, log: () => undefined });
  client = new MongoClient(server.address, {
    maxPoolSize: 40,
    retryWrites: false,
    retryReads: false,
    serverSelectionTimeoutMS: 2_000,
  });
  db = client.db('test');
});

afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const times = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));

it('answers each of many concurrent writers with the document as that writer left it', async () => {
  const counters = db.collection<Doc>('counters');
  for (let round = 0; round < 20; round += 1) {
    const _id = `counter-${round}`;
    await counters.insertOne({ _id, first: 0, last: 0 });
    const answers = await Promise.all(
      times(40, () =>
        counters.findOneAndUpdate({ _id }, { $inc: { first: 1, last: 1 } }, { returnDocument: 'after' }),
      ),
    );
    const numbers = answers.map((counter) => counter!['first'] as number).sort((a, b) => a - b);
    expect(numbers).toEqual(times(40, (index) => index + 1));
    expect(answers.filter((counter) => counter!['first'] !== counter!['last'])).toEqual([]);
  }
  const database = await Database.connect(server.address, 'race');
  await assertAtomicWrites(database);
  await database.close();
});

it('never shows a reader half of an update', async () => {
  const documents = db.collection<Doc>('whole');
  const fields = times(30, (n) => `f${n}`);
  const at = (n: number): Record<string, number> => Object.fromEntries(fields.map((name) => [name, n]));
  await documents.insertOne({ _id: 'one', ...at(0) });
  let isOver = false;
  const writing = Promise.all(
    times(4, async (writer) => {
      for (let n = 0; !isOver; n += 1)
        await documents.updateOne({ _id: 'one' }, { $set: at(n * 4 + writer) });
    }),
  );
  const different: number[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    const { _id, ...found } = (await documents.findOne({ _id: 'one' }))!;
    different.push(new Set(Object.values(found)).size);
  }
  isOver = true;
  await writing;
  expect(Math.max(...different)).toBe(1);
});

it('finds the same documents with indexes as without', async () => {
  const [indexed, plain] = [db.collection<Doc>('indexed'), db.collection<Doc>('plain')];
  await indexed.insertOne({ _id: 'before', group: 'g1', at: 5 });
  await plain.insertOne({ _id: 'before', group: 'g1', at: 5 });
  await indexed.createIndex({ group: 1, at: -1 });
  await indexed.createIndex({ at: 1 });
  await indexed.createIndex({ group: 1, rank: 1 });
  const random = new Random(7);
  const below = (n: number): number => Math.floor(random.uniform() * n);
  const group = (): string => `g${below(5)}`;
  const id = (): string => `d${below(80)}`;
  const both = (write: (collection: typeof plain) => Promise<unknown>): Promise<unknown> =>
    Promise.all([indexed, plain].map(write));
  const conditions = [
    (): Document => ({ group: group() }),
    (): Document => ({ group: { $in: [group(), group()] } }),
    (): Document => ({ at: { $gte: below(40) } }),
    (): Document => ({ at: { $gt: below(20), $lt: 20 + below(20) } }),
    (): Document => ({ at: { $lte: below(40) }, group: group() }),
    (): Document => ({ _id: id(), group: group() }),
    (): Document => ({ _id: { $in: [id(), id(), id()] }, at: { $lt: 30 } }),
    (): Document => ({ _id: { $gt: id() }, group: group() }),
    (): Document => ({ _id: { $gte: id() } }),
    (): Document => ({ group: null }),
    (): Document => ({ group: { $ne: group() } }),
    (): Document => ({ group: { $exists: false } }),
    (): Document => ({ $or: [{ group: group() }, { at: below(40) }] }),
    (): Document => ({ at: 'text' }),
    (): Document => ({}),
  ];
  for (let step = 0; step < 600; step += 1) {
    const [_id, at, name] = [id(), [below(40), below(40) / 2, 'text'][below(3)], group()];
    const condition = conditions[step % conditions.length]!();
    switch (below(5)) {
      case 0:
      case 1:
        await both((collection) =>
          collection.updateOne(
            { _id },
            { $set: { group: name, at, rank: at === 'text' ? step : step + 0.5 } },
            { upsert: true },
          ),
        );
        break;
      case 2:
        await both((collection) => collection.updateMany(condition, { $set: { group: name } }));
        break;
      case 3:
        await both((collection) => collection.updateOne({ _id }, { $unset: { group: 1 } }));
        break;
      default:
        await both((collection) => collection.deleteOne({ _id }));
    }
    const asked = conditions[below(conditions.length)]!();
    const way = below(2) === 0 ? 1 : -1;
    // By `at` alone the order of equals would be anybody's.
    const field = typeof asked['group'] === 'string' && below(2) === 0 ? 'rank' : '_id';
    const options = { sort: { [field]: way } as Record<string, 1 | -1>, limit: below(3) === 0 ? 4 : 0 };
    const [found, expected] = await Promise.all(
      [indexed, plain].map((collection) => collection.find(asked, options).toArray()),
    );
    expect(found, JSON.stringify(asked)).toEqual(expected);
  }
  expect(await plain.countDocuments()).toBeGreaterThan(10);
});

it('takes back nothing that it has answered, and stays consistent, when it is killed', async () => {
  const documents = db.collection<Doc>('kept');
  await documents.createIndex({ group: 1 });
  const read = new Map<string, number>();
  for (let kill = 0; kill < 6; kill += 1) {
    let isOver = false;
    const busy = Promise.allSettled([
      ...times(6, async (writer) => {
        for (let n = 0; !isOver; n += 1) {
          const _id = `k${kill}-${writer}-${n % 25}`;
          await documents.updateOne(
            { _id },
            { $inc: { count: 1 }, $set: { group: `g${n % 3}` } },
            { upsert: true },
          );
        }
      }),
      ...times(4, async (reader) => {
        for (let n = reader; !isOver; n += 7) {
          const found = await documents.findOne({ _id: `k${kill}-${n % 6}-${n % 25}` });
          if (found) read.set(found._id, Math.max(read.get(found._id) ?? 0, found['count'] as number));
        }
      }),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    // On a busy machine it takes longer until there is something to take back.
    await eventually(() => Promise.resolve(read.size > 20 * (kill + 1)), 20_000);
    for (const pid of server.pids()) process.kill(pid, 'SIGKILL');
    isOver = true;
    await busy;
    await eventually(async () => (await db.command({ ping: 1 }).catch(() => null)) !== null, 20_000);
  }
  const all = await documents.find().toArray();
  const counts = new Map(all.map((counter) => [counter._id, counter['count'] as number]));
  expect(read.size).toBeGreaterThan(100);
  expect([...read].filter(([_id, count]) => (counts.get(_id) ?? 0) < count)).toEqual([]);
  const grouped = await Promise.all(times(3, (n) => documents.find({ group: `g${n}` }).toArray()));
  expect(grouped.flat().length).toBe(all.length);
  for (const { _id } of all) {
    expect((await documents.deleteOne({ _id })).deletedCount).toBe(1);
    await documents.insertOne({ _id });
  }
}, 90_000);
