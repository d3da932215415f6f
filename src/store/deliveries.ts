import { createHash } from 'node:crypto';
import type { Collection, Filter, UpdateFilter } from 'mongodb';
import type { Alert } from '../model/alert.js';
import { isDuplicate, reach, type Database } from './database.js';
import { pageOf, type Page } from './definitions.js';
import { forgetFound, FORGOTTEN_AT_ONCE, forgetOlder } from './forget.js';

/** What became of an alert for one webhook. */
export const DELIVERY_STATUSES = [
  'waiting',
  'delivered',
  /** Given up; a person can send it again. */
  'dead',
  /** A mute window was open. */
  'muted',
  /** What it tells was over, or had begun again, before it was told. */
  'superseded',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface Delivery {
  /** Ids sort by the time of their alerts. */
  _id: string;
  webhook_id: string;
  /** What is told in order: one experiment's alerts for one webhook, or a webhook's digests. */
  lane: string;
  order: number;
  alert: Alert;
  at: number;
  status: DeliveryStatus;
  /** When it may be sent, ms since the epoch. Absent once it waits no more. */
  due_at?: number;
  /** From when on it is not tried again, ms since the epoch. */
  give_up_at: number;
  attempts: number;
  /** Of the last attempt. */
  last?: { at: number; status: number | null; error: string | null; took_ms: number };
  settled_at?: number;
  /** The delivery that made this one needless. */
  superseded_by?: string;
}

/** How a delivery waits: in its lane's order, or for a time of its own. */
export type Queue = 'in_turn' | 'aside';

/** A delivery that is made. `queue`: of one that waits. */
export type NewDelivery = Delivery & { queue?: Queue };

/**
 * As stored, with what it is found by: each is one value, because servers find documents by two fields at most. `turn` or
 * `aside` is its lane, for as long as it waits.
 */
interface StoredDelivery extends Delivery {
  turn?: string;
  aside?: string;
  /** Its webhook and its status. */
  place: string;
  /** Its webhook and its problem; absent without a problem. */
  thread?: string;
}

/** The id of the delivery of an alert to a webhook: making it twice is making it once. */
export function deliveryId(webhook_id: string, { alert_id, at }: Pick<Alert, 'alert_id' | 'at'>): string {
  const hash = createHash('sha256').update(`${webhook_id}\n${alert_id}`).digest('hex').slice(0, 24);
  return `dlv_${at.toString(16).padStart(12, '0')}_${hash}`;
}

/** Deliveries of one digest at most. */
const MOST_OF_DIGEST = 100;
/** Lanes that one sweep wakes at most. */
const MOST_LANES = 200;
/** Deliveries among which the one that is due first is looked for. */
const MOST_LOOKED_AT = 100;
/** Counts go so far. */
const MOST_COUNTED = 1_000;

/** Alerts on their way to webhooks: the outbox. */
export class DeliveryStore {
  private readonly collection: Collection<StoredDelivery>;

  constructor(database: Database) {
    this.collection = database.collection('deliveries');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.collection.createIndex({ webhook_id: 1, _id: 1 });
      await this.collection.createIndex({ place: 1, _id: 1 });
      await this.collection.createIndex({ thread: 1, order: 1 });
      await this.collection.createIndex({ turn: 1, order: 1 });
      await this.collection.createIndex({ aside: 1, due_at: 1 });
      await this.collection.createIndex({ due_at: 1 });
      await this.collection.createIndex({ at: 1 });
    });
  }

  /** Stores a delivery once. */
  async add({ queue, ...delivery }: NewDelivery): Promise<void> {
    const { webhook_id, status, lane, alert } = delivery;
    const stored: StoredDelivery = {
      ...delivery,
      place: placeOf(webhook_id, status),
      ...(alert.problem !== null && { thread: threadOf(webhook_id, alert.problem) }),
      ...(queue && waitingIn(lane, queue).$set),
    };
    await reach(() => this.collection.insertOne(stored)).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
    });
  }

  async get(id: string): Promise<Delivery | null> {
    return reach(() => this.collection.findOne({ _id: id }, { projection: PLAIN }));
  }

  /** The newest delivery about a problem to a webhook before a place in its subject's story. */
  async lastOf(webhook_id: string, problem: string, before: number): Promise<Delivery | null> {
    return this.one({ thread: threadOf(webhook_id, problem), order: { $lt: before } }, { order: -1 });
  }

  /** Takes back a delivery that still waits, because of another. False where it was sent. */
  async supersede({ _id, webhook_id }: Delivery, by: string, now: number): Promise<boolean> {
    return this.change(
      { _id, status: 'waiting' },
      {
        $set: {
          status: 'superseded',
          place: placeOf(webhook_id, 'superseded'),
          settled_at: now,
          superseded_by: by,
        },
        $unset: WAITING,
      },
    );
  }

  /** The first of a lane that is told in its turn, whether it is due or not. */
  async first(lane: string): Promise<Delivery | null> {
    return this.one({ turn: lane }, { order: 1 });
  }

  /** The one of a lane that is due first of those that have a time of their own. */
  async firstAside(lane: string): Promise<Delivery | null> {
    return this.one({ aside: lane }, { due_at: 1 });
  }

  /** Those with a time of their own that are due in a lane; some of them where they are many. */
  async dueOf(lane: string, now: number): Promise<Delivery[]> {
    return reach(() =>
      this.collection
        .find({ aside: lane, due_at: { $lte: now } }, { projection: PLAIN })
        .sort({ due_at: 1 })
        .limit(MOST_OF_DIGEST)
        .toArray(),
    );
  }

  /** Puts off a delivery that waits; what comes after it does not wait for it. */
  async putOff({ _id, lane }: Delivery, due_at: number): Promise<void> {
    const { $set, $unset } = waitingIn(lane, 'aside');
    await this.change({ _id, status: 'waiting' }, { $set: { due_at, ...$set }, $unset: $unset as never });
  }

  /** Writes down an attempt that failed at deliveries of one lane, and when the next one is due. */
  async failed(
    ids: readonly string[],
    lane: string,
    last: NonNullable<Delivery['last']>,
    { due_at, queue }: { due_at: number; queue: Queue },
  ): Promise<void> {
    const { $set, $unset } = waitingIn(lane, queue);
    await this.changeAll(
      { _id: { $in: [...ids] }, status: 'waiting' },
      { $set: { last, due_at, ...$set }, $unset: $unset as never, $inc: { attempts: 1 } },
    );
  }

  /** Writes down the end of deliveries to one webhook. */
  async settle(
    ids: readonly string[],
    webhook_id: string,
    status: 'delivered' | 'dead',
    last: NonNullable<Delivery['last']>,
    now: number,
  ): Promise<void> {
    await this.changeAll(
      { _id: { $in: [...ids] } },
      {
        $set: { status, place: placeOf(webhook_id, status), last, settled_at: now },
        $inc: { attempts: 1 },
        $unset: WAITING,
      },
    );
  }

  /** Has a delivery that waits no more sent again. */
  async again({ _id, webhook_id, lane }: Delivery, now: number, give_up_at: number): Promise<void> {
    const { $set } = waitingIn(lane, 'in_turn');
    const place = placeOf(webhook_id, 'waiting');
    await this.change(
      { _id, status: { $ne: 'waiting' } },
      {
        $set: { status: 'waiting', place, due_at: now, give_up_at, attempts: 0, ...$set },
        $unset: { settled_at: '', superseded_by: '' },
      },
    );
  }

  /** Some lanes with deliveries that were due before a moment. */
  async overdue(before: number): Promise<string[]> {
    const found = await reach(() =>
      this.collection
        .find({ due_at: { $lt: before } })
        .limit(MOST_LANES)
        .project<Pick<Delivery, 'lane'>>({ _id: 0, lane: 1 })
        .toArray(),
    );
    return [...new Set(found.map(({ lane }) => lane))];
  }

  /** One page, the newest first. */
  async page(
    webhook_id: string,
    { status, after }: { status?: DeliveryStatus | undefined; after?: string | undefined },
    limit: number,
  ): Promise<Page<Delivery>> {
    const filter = {
      ...(status ? { place: placeOf(webhook_id, status) } : { webhook_id }),
      ...(after !== undefined && { _id: { $lt: after } }),
    };
    const found = await reach(() =>
      this.collection
        .find(filter, { projection: PLAIN })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .toArray(),
    );
    return pageOf<Delivery>(found, limit);
  }

  /**
   * When the first that waits was due, ms since the epoch; null where none is due. Of a hundred that are due: the embedded
   * server would sort all of them.
   */
  async firstDue(now: number): Promise<number | null> {
    const found = await reach(() =>
      this.collection
        .find({ due_at: { $lte: now } })
        .limit(MOST_LOOKED_AT)
        .project<{ due_at: number }>({ due_at: 1 })
        .toArray(),
    );
    return found.length === 0 ? null : Math.min(...found.map(({ due_at }) => due_at));
  }

  /** How many of a webhook wait, and how many were given up; 1,000 at most of each. */
  async tally(webhook_id: string): Promise<{ waiting: number; dead: number }> {
    const count = async (status: DeliveryStatus): Promise<number> => {
      const found = await reach(() =>
        this.collection
          .find({ place: placeOf(webhook_id, status) })
          .limit(MOST_COUNTED)
          .project<{ _id: string }>({ _id: 1 })
          .toArray(),
      );
      return found.length;
    };
    return { waiting: await count('waiting'), dead: await count('dead') };
  }

  /** Deletes some deliveries of a webhook. Returns how many; 0 where none are left. */
  async forgetOf(webhook_id: string): Promise<number> {
    return forgetFound(this.collection, { webhook_id }, FORGOTTEN_AT_ONCE);
  }

  /** Deletes some deliveries of alerts from before a moment. Returns how many; 0 where none are left. */
  async forget(before: number): Promise<number> {
    return forgetOlder(this.collection, 'at', before);
  }

  private async one(filter: Filter<StoredDelivery>, order: Record<string, 1 | -1>): Promise<Delivery | null> {
    const [found] = await reach(() =>
      this.collection.find(filter, { projection: PLAIN }).sort(order).limit(1).toArray(),
    );
    return found ?? null;
  }

  private async change(
    filter: Filter<StoredDelivery>,
    update: UpdateFilter<StoredDelivery>,
  ): Promise<boolean> {
    return (await reach(() => this.collection.updateOne(filter, update))).matchedCount === 1;
  }

  private async changeAll(
    filter: Filter<StoredDelivery>,
    update: UpdateFilter<StoredDelivery>,
  ): Promise<void> {
    await reach(() => this.collection.updateMany(filter, update));
  }
}

/** A delivery without what it is found by. */
const PLAIN = { turn: 0, aside: 0, place: 0, thread: 0 };

/** What only a delivery that waits has. */
const WAITING = { turn: '', aside: '', due_at: '' } as const;

function waitingIn(
  lane: string,
  queue: Queue,
): { $set: { turn?: string; aside?: string }; $unset: Record<string, ''> } {
  return queue === 'in_turn'
    ? { $set: { turn: lane }, $unset: { aside: '' } }
    : { $set: { aside: lane }, $unset: { turn: '' } };
}

function placeOf(webhook_id: string, status: DeliveryStatus): string {
  return `${webhook_id}|${status}`;
}

function threadOf(webhook_id: string, problem: string): string {
  return `${webhook_id}|${problem}`;
}
