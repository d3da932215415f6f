import {
  MongoClient,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  type Collection,
  type Db,
  type Document,
} from 'mongodb';
import { failure } from '../errors.js';

/** How long an operation waits for MongoDB before the caller is told that it is unreachable, ms. */
const AWAY_MS = 2_000;
/** How long an operation that was sent may take, ms. */
const HANGING_MS = 2_500;

/** One database; its collections by name. Writes are acknowledged by a majority and journalled. */
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
      // The embedded server knows no sessions, which retries would need.
      retryWrites: false,
      retryReads: false,
      ignoreUndefined: true,
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
    });
    await client.connect().catch((error: unknown) => {
      throw unavailable(error);
    });
    return new Database(client, client.db(name));
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

/** Whether an insert met a document of the same `_id`, or an upsert one that its guard excludes. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}

/**
 * Runs a store operation. An unreachable MongoDB becomes `unavailable`; every other error stays as it is. A server that
 * hangs counts as unreachable: the caller hears of it in time, and a late result does no harm, because every write can
 * be repeated.
 */
export async function reach<T>(operation: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), HANGING_MS);
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
  const away =
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    (error instanceof Error && /timed out|topology|pool.*(closed|cleared)|ECONN/i.test(error.message));
  return away ? failure('unavailable', 'MongoDB does not answer; try again', { retry_after: 1 }) : error;
}
