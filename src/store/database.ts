import { MongoClient, ReadConcern, type Collection, type Db, type Document } from 'mongodb';
import { failure, type RampartError } from '../errors.js';
import { isAway } from './absence.js';

export { isDuplicate } from './absence.js';

/** How long an operation waits for MongoDB before the caller is told that it is unreachable, ms. */
const AWAY_MS = 2_000;
/** How long an operation that was sent may take, ms. */
const HANGING_MS = 2_500;

/**
 * One database; its collections by name. Writes are acknowledged by a majority and journalled. On a replica set, reads see
 * only what a majority has: a primary that was cut off cannot show anything that the others will undo.
 */
export class Database {
  private constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
  ) {}

  static async connect(uri: string, name: string): Promise<Database> {
    const client = new MongoClient(uri, {
      serverSelectionTimeoutMS: AWAY_MS,
      connectTimeoutMS: AWAY_MS,
      socketTimeoutMS: 10_000,
      // The driver repeats writes only on servers that recognise a repeated one, by its session and number.
      retryWrites: true,
      retryReads: true,
      ignoreUndefined: true,
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
    });
    const isMajority = await connected(client).catch(async (error: unknown) => {
      await client.close();
      throw unavailable(error);
    });
    return new Database(
      client,
      client.db(name, isMajority ? { readConcern: new ReadConcern('majority') } : {}),
    );
  }

  collection<T extends Document>(name: string): Collection<T> {
    return this.db.collection<T>(name);
  }

  /** Reads 64-bit integers as bigint, for sums that doubles would round. */
  exact<T extends Document>(name: string): Collection<T> {
    return this.db.collection<T>(name, { useBigInt64: true });
  }

  /** Whether the server answers a read: one whose files are gone answers a ping all the same. */
  async isReachable(): Promise<boolean> {
    return reach(() => this.db.collection('serving').findOne({ _id: 'serving' as never })).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

/** Connects. Whether the server is one of several that vote. */
async function connected(client: MongoClient): Promise<boolean> {
  await client.connect();
  return reach(() => hasMajority(client));
}

/** Whether a server is part of a replica set or cluster. The embedded one does not know the question. */
async function hasMajority(client: MongoClient): Promise<boolean> {
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    return hello['setName'] !== undefined || hello['msg'] === 'isdbgrid';
  } catch (error) {
    if (isAway(error)) throw error;
    return false;
  }
}

/**
 * Runs a store operation. A MongoDB that is away becomes `unavailable`; every other error stays as it is. A server that
 * hangs counts as away: the caller hears of it in time, and a late result does no harm, because every write can be
 * repeated.
 */
export async function reach<T>(operation: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(away()), HANGING_MS);
  });
  try {
    return await Promise.race([operation(), late]);
  } catch (error) {
    throw unavailable(error);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(error: unknown): unknown {
  return isAway(error) ? away() : error;
}

function away(): RampartError {
  return failure('unavailable', 'MongoDB does not answer; try again', { retry_after: 1 });
}
