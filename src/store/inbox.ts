import type { Collection } from 'mongodb';
import type { Batch, InboxEvent } from '../metrics/records.js';
import { reach, type Database } from './database.js';
import { SharedRead } from './shared.js';

/**
 * A batch as it is stored. Its events are one JSON text: nothing ever looks for a single one, and thousands of small
 * documents inside a document would cost more than all the rest of ingest.
 */
interface BatchDocument extends Omit<Batch, 'events'> {
  count: number;
  events: string;
}

/** Maximum age of what is known about waiting batches, ms. */
const HEADS_MS = 1_000;
/** A step of folding takes about this many events where so many wait: they are soon folded, and need little memory. */
const EVENTS_A_STEP = 10_000;
/** So many of the waiting batches are searched for the events of one unit: folding has them within moments. */
const BATCHES_SEARCHED = 200;

/** The inbox of accepted events: immutable documents, in a collection for each partition. */
export class InboxStore {
  /** When the oldest batch of each partition was received. Shared, because every partition's folding and every look asks. */
  private readonly heads = new SharedRead(HEADS_MS, async () => {
    const at = Date.now();
    return { at, received: await this.readHeads() };
  });

  private constructor(
    private readonly database: Database,
    readonly partitions: number,
  ) {}

  /**
   * @param partitions of a new installation. The number is stored at the first start and never changes, because each unit
   *   belongs to one partition.
   */
  static async open(database: Database, partitions: number): Promise<InboxStore> {
    const settings = database.collection<{ _id: string; partitions: number }>('settings');
    await reach(() =>
      settings.updateOne({ _id: 'ingest' }, { $setOnInsert: { partitions } }, { upsert: true }),
    );
    const stored = await reach(() => settings.findOne({ _id: 'ingest' }));
    return new InboxStore(database, stored!.partitions);
  }

  /** Durable when it resolves. */
  async insert(partition: number, batch: Batch): Promise<void> {
    await reach(() => new Inbox(this.database, partition).insert(batch));
  }

  /** The partition of a pseudonym. */
  partitionOf(unit: string): number {
    return parseInt(unit.slice(0, 8), 16) % this.partitions;
  }

  /**
   * When the oldest batch of a partition was received, now; null where there is none. A batch goes only once it is in the
   * totals: everything that was received before is folded.
   */
  async oldest(partition: number): Promise<number | null> {
    return reach(() => new Inbox(this.database, partition).oldest());
  }

  /** Events of a unit that are not folded yet, of the oldest batches of its partition. */
  async eventsOf(unit: string): Promise<InboxEvent[]> {
    const inbox = new Inbox(this.database, this.partitionOf(unit));
    const batches = await reach(async () => inbox.read(await inbox.list(BATCHES_SEARCHED)));
    return batches.flatMap(({ events }) => events.filter((event) => event.unit === unit));
  }

  /** When the oldest batch that waits for folding was received, as of `at`; null where none waits. */
  async waiting(): Promise<{ at: number; oldest: number | null }> {
    const { at, received } = await this.heads.get();
    const oldest = Math.min(...received.values());
    return { at, oldest: oldest === Infinity ? null : oldest };
  }

  /** Whether a partition had anything to fold a moment ago. A batch stays until it is folded. */
  async isWaiting(partition: number): Promise<boolean> {
    return (await this.heads.get()).received.has(partition);
  }

  private async readHeads(): Promise<Map<number, number>> {
    const heads = await Promise.all(
      Array.from({ length: this.partitions }, async (_, partition) => {
        const received_at = await reach(() => new Inbox(this.database, partition).oldest());
        return received_at === null ? [] : [[partition, received_at] as const];
      }),
    );
    return new Map(heads.flat());
  }
}

/** The inbox of one partition. */
export class Inbox {
  private readonly batches: Collection<BatchDocument>;

  constructor(database: Database, partition: number) {
    this.batches = database.collection(`inbox_${partition}`);
  }

  async insert({ events, ...rest }: Batch): Promise<void> {
    await this.batches.insertOne({ ...rest, count: events.length, events: JSON.stringify(events) });
  }

  /** When the oldest batch was received; null where there is none. */
  async oldest(): Promise<number | null> {
    const [found] = await this.batches
      .find()
      .sort({ _id: 1 })
      .limit(1)
      .project<{ received_at: number }>({ received_at: 1 })
      .toArray();
    return found?.received_at ?? null;
  }

  /** Ids of the oldest batches, at most `limit`, with about as many events as a step should have. */
  async list(limit: number): Promise<string[]> {
    const found = await this.batches
      .find()
      .sort({ _id: 1 })
      .limit(limit)
      .project<Pick<BatchDocument, '_id' | 'count'>>({ _id: 1, count: 1 })
      .toArray();
    let events = 0;
    return found.flatMap(({ _id, count }, index) => {
      events += count;
      return index === 0 || events <= EVENTS_A_STEP ? [_id] : [];
    });
  }

  async read(ids: readonly string[]): Promise<Batch[]> {
    const found = await this.batches.find({ _id: { $in: [...ids] } }).toArray();
    return found.map(({ _id, received_at, events }) => ({
      _id,
      received_at,
      events: JSON.parse(events) as InboxEvent[],
    }));
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.batches.deleteMany({ _id: { $in: [...ids] } });
  }
}

/** Ids of batches sort by the time they were received. */
export function batchId(received_at: number, unique: string): string {
  return `${String(received_at).padStart(14, '0')}-${unique}`;
}
