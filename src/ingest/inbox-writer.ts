import { randomUUID } from 'node:crypto';
import { failure } from '../errors.js';
import type { InboxEvent } from '../metrics/records.js';
import { batchId, type InboxStore } from '../store/inbox.js';

/** At most this many events wait in memory for a write, those that are being written included. */
const MOST_WAITING = 50_000;
/** Most events of one document of the inbox. One request has at most a thousand. */
const BATCH_EVENTS = 1_000;

/** Events of one request, of one partition. */
interface Waiting {
  events: readonly InboxEvent[];
  received_at: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** What waits for one partition. */
interface Lane {
  queue: Waiting[];
  isWriting: boolean;
}

/**
 * Writes the events of many requests into the inbox as few documents (a group commit): what arrives while a partition is
 * being written waits and goes together into its next document. So a single request waits for nobody, and the more
 * requests there are at once, the fewer writes each costs.
 */
export class InboxWriter {
  private readonly lanes = new Map<number, Lane>();
  private waiting = 0;

  constructor(private readonly inbox: Pick<InboxStore, 'insert'>) {}

  /** Events that wait for a write, or are being written. */
  get size(): number {
    return this.waiting;
  }

  /** @throws {RampartError} unavailable: so many events wait already that no others are taken */
  assertRoom(): void {
    if (this.waiting >= MOST_WAITING) {
      throw failure('unavailable', 'more events arrive than can be stored; send them again later', {
        retry_after: 1,
      });
    }
  }

  /**
   * Writes the events of a request; all are durable when it resolves.
   *
   * @throws {RampartError} unavailable: some may be stored, some not; sending all of them again does no harm
   */
  async write(partitions: ReadonlyMap<number, readonly InboxEvent[]>, received_at: number): Promise<void> {
    this.assertRoom();
    const writes = [...partitions].map(([partition, events]) => this.add(partition, events, received_at));
    // Not Promise.all, which would leave the others behind when the first one fails.
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  private add(partition: number, events: readonly InboxEvent[], received_at: number): Promise<void> {
    const lane = this.lanes.get(partition) ?? { queue: [], isWriting: false };
    this.lanes.set(partition, lane);
    this.waiting += events.length;
    return new Promise((resolve, reject) => {
      lane.queue.push({ events, received_at, resolve, reject });
      this.start(partition, lane);
    });
  }

  /** One write at a time: a second one would only take events away from the next, which costs as much with more of them. */
  private start(partition: number, lane: Lane): void {
    if (lane.isWriting || lane.queue.length === 0) return;
    lane.isWriting = true;
    void this.writeGroup(partition, nextGroup(lane.queue)).finally(() => {
      lane.isWriting = false;
      this.start(partition, lane);
    });
  }

  private async writeGroup(partition: number, group: readonly Waiting[]): Promise<void> {
    const events = group.flatMap((one) => one.events);
    const received_at = Math.min(...group.map((one) => one.received_at));
    try {
      await this.inbox.insert(partition, { _id: batchId(received_at, randomUUID()), received_at, events });
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.waiting -= events.length;
    }
  }
}

/** Takes from the queue what goes into one document. */
function nextGroup(queue: Waiting[]): Waiting[] {
  let events = 0;
  let count = 0;
  while (count < queue.length && (count === 0 || events + queue[count]!.events.length <= BATCH_EVENTS)) {
    events += queue[count]!.events.length;
    count += 1;
  }
  return queue.splice(0, count);
}
