// Failovers of a replica set, as far as one server can show them: for a while, every command fails as it does while a
// primary steps down, before or after it was carried out.
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';

const READS = ['find', 'aggregate', 'getMore', 'count', 'distinct'];
const WRITES = ['insert', 'update', 'delete', 'findAndModify'];

const REFUSALS = [
  { errorCode: 10_107, codeName: 'NotWritablePrimary' },
  { errorCode: 189, codeName: 'PrimarySteppedDown' },
  { errorCode: 11_602, codeName: 'InterruptedDueToReplStateChange' },
  { errorCode: 11_600, codeName: 'InterruptedAtShutdown' },
  { errorCode: 4_711, codeName: 'Unheard', errorLabels: ['RetryableWriteError'] },
];
/** The write is done, but not at a majority: nobody knows whether it stays. */
const DOUBTS = [
  { code: 91, codeName: 'ShutdownInProgress', errmsg: 'shut down' },
  { code: 64, codeName: 'WriteConcernTimeout', errmsg: 'waiting for replication timed out' },
  { code: 189, codeName: 'PrimarySteppedDown', errmsg: 'stepped down' },
];

const oneOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

/** Lets MongoDB, which must have been started with fail points, go through a failover of a second or so. */
export async function failOver(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1_000, retryReads: false });
  try {
    const set = async (mode: object | string, data: object = {}): Promise<void> => {
      await client.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
    };
    const share = { activationProbability: Math.random() < 0.5 ? 1 : 0.3 };
    await set(share, { writeConcernError: oneOf(DOUBTS), failCommands: WRITES });
    await sleep(200 + Math.random() * 400);
    await set(share, { ...oneOf(REFUSALS), failCommands: [...READS, ...WRITES] });
    await sleep(300 + Math.random() * 900);
    await set('off');
  } finally {
    await client.close();
  }
}
