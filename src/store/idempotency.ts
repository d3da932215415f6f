import type { Collection } from 'mongodb';
import type { Sealed } from '../secrets/field-sealing.js';
import { isDuplicate, reach, type Database } from './database.js';
import { forgetOlder } from './forget.js';

/** The first answer to an Idempotency-Key; `status` null while the request is under way. */
export interface IdempotencyDocument {
  _id: string;
  body_hash: string;
  at: number;
  /** Epoch of the process that works on the request. */
  by: string;
  status: number | null;
  /** The body: it may have a secret in it. Absent while the request is under way. */
  answer?: Sealed;
  location?: string;
}

const KEPT_MS = 24 * 3_600_000;
/** A request that has not answered for this long is dead, and its key may be taken again. */
const DEAD_MS = 30_000;

export class IdempotencyStore {
  private readonly collection: Collection<IdempotencyDocument>;

  constructor(database: Database) {
    this.collection = database.collection('idempotency');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ at: 1 }));
  }

  /**
   * Claims a key. Returns null, or the document that holds the key already.
   *
   * @param by `start_id` of the claiming process
   * @param isGone whether the process with this `start_id` is known to have ended: what it held is free at once
   */
  async claim(
    { _id, body_hash, by }: Pick<IdempotencyDocument, '_id' | 'body_hash' | 'by'>,
    now: number,
    isGone: (start_id: string) => Promise<boolean>,
  ): Promise<IdempotencyDocument | null> {
    return reach(async () => {
      const fresh: IdempotencyDocument = { _id, body_hash, at: now, by, status: null };
      try {
        await this.collection.insertOne(fresh);
        return null;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      const held = await this.collection.findOne({ _id });
      if (!held) return fresh;
      const isOpen = held.status === null;
      const isOver = now - held.at > (isOpen ? DEAD_MS : KEPT_MS) || (isOpen && (await isGone(held.by)));
      if (!isOver) return held;
      const taken = await this.collection.replaceOne({ _id, at: held.at, by: held.by }, fresh);
      return taken.matchedCount === 1 ? null : held;
    });
  }

  /**
   * @param by the process that claimed the key; where another one has taken it over, this does nothing
   */
  async answer(_id: string, by: string, status: number, answer: Sealed, location?: string): Promise<void> {
    await reach(() =>
      this.collection.updateOne(
        { _id, by, status: null },
        { $set: { status, answer, ...(location !== undefined && { location }) } },
      ),
    );
  }

  /** Frees a key whose request changed nothing. */
  async giveBack(_id: string, by: string): Promise<void> {
    await reach(() => this.collection.deleteOne({ _id, by, status: null }));
  }

  /** Deletes some answers that nobody can ask for again. Returns how many; 0 where none are left. */
  async forget(now: number): Promise<number> {
    return forgetOlder(this.collection, 'at', now - KEPT_MS);
  }
}
