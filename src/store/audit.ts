import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { KeyedHash } from '../secrets/keyed-hash.js';
import { isDuplicate, reach, type Database } from './database.js';
import { directionOf, type ListOrder } from './list-order.js';

/** One change by somebody; `hash` covers the entry and the hash of the one before. */
export interface AuditEntry {
  /** Its number, from 1, without gaps. */
  _id: number;
  /** What it records, so that it is recorded once. */
  key: string;
  at: string;
  actor: { type: 'person' | 'system'; id: string };
  action: string;
  subject: { type: string; id: string };
  before?: unknown;
  after?: unknown;
  hash: string;
}

export type AuditInput = Omit<AuditEntry, '_id' | 'hash' | 'at' | 'key'>;

/** How far a chain reaches: the number and the hash of an entry. */
interface Link {
  seq: number;
  hash: string;
}

/** The newest entry that is known to be there. `mac` is made with the secret, so nobody can anchor a shorter chain. */
interface Anchor extends Link {
  _id: 'head';
  mac: string;
}

/** What one step of a verification has seen. */
export interface Verification {
  valid: boolean;
  /** Entries from the first one on that hold. */
  entries: number;
  /** The first entry that is not as it was written, or is missing. */
  first_bad?: number;
  /** Where the next step goes on; null where the chain was followed to its end. */
  next: number | null;
}

const PAGE = 1_000;
/** One step of a verification reads at most so many entries: some hundred milliseconds of work. */
const STEP = 20_000;
/** An entry is at most so many places after one that is newer. */
const OUT_OF_ORDER = 100;

/**
 * The audit trail. It is a chain: each entry takes the next number, and only one entry can have it. The hashes are made
 * with a key that is not in the database, and an anchor, made with that key too, says how long the chain is. So whoever
 * can only write into the database can change, cut off or invent nothing without being found out by `verify`.
 */
export class AuditStore {
  private readonly entries: Collection<AuditEntry>;
  private readonly anchors: Collection<Anchor>;
  /** The newest entry that this process has seen. It finds an older anchor that was put back, as long as the process lives. */
  private seen: Link = { seq: 0, hash: '' };
  private verifying: Promise<unknown> = Promise.resolve();

  constructor(
    database: Database,
    private readonly hash: KeyedHash,
  ) {
    this.entries = database.collection('audit');
    this.anchors = database.collection('audit_anchor');
  }

  /** @param isFresh the installation is new: only then there may be no anchor yet */
  async initialise(isFresh: boolean): Promise<void> {
    await reach(async () => {
      await this.entries.createIndex({ key: 1 }, { unique: true });
      await this.entries.createIndex({ 'subject.id': 1, _id: 1 });
      await this.entries.createIndex({ 'actor.id': 1, _id: 1 });
      if (!isFresh) return;
      const { _id, ...empty } = this.anchorOf({ seq: 0, hash: '' });
      await this.anchors.updateOne({ _id }, { $setOnInsert: empty }, { upsert: true });
    });
  }

  /**
   * Appends an entry. Returns its number.
   *
   * @param key an entry with this key is there only once: then nothing is written, and its number returned
   */
  async append(input: AuditInput, key: string = randomUUID()): Promise<number> {
    if (this.seen.seq === 0) this.saw(await reach(() => this.anchors.findOne({ _id: 'head' })));
    for (;;) {
      const known = await reach(() => this.entries.findOne({ key }));
      if (known) return known._id;
      const last = this.seen;
      const entry = { _id: last.seq + 1, key, at: new Date().toISOString(), ...plain(input) };
      const hash = this.hashOf(entry, last.hash);
      try {
        await reach(() => this.entries.insertOne({ ...entry, hash }));
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        // Somebody else has taken the number, or has recorded the same.
        this.saw(await this.link(entry._id));
        continue;
      }
      await this.anchor({ seq: entry._id, hash });
      return entry._id;
    }
  }

  /** The number of the newest entry; 0 where there is none. */
  async newest(): Promise<number> {
    const [last] = await reach(() => this.entries.find().sort({ _id: -1 }).limit(1).toArray());
    return last?._id ?? 0;
  }

  /** At most `limit` entries beyond the number `filter.after`, in this order; from the end where it is 0. */
  async list(
    filter: {
      after: number;
      actor?: string | undefined;
      subject?: string | undefined;
      since?: string | undefined;
      order?: ListOrder;
    },
    limit: number,
  ): Promise<AuditEntry[]> {
    const { since, after, order = 'asc' } = filter;
    const start = since === undefined ? 0 : await this.lastBefore(since);
    const query = {
      _id:
        order === 'asc' ? { $gt: Math.max(after, start) } : { $gt: start, ...(after > 0 && { $lt: after }) },
      ...(filter.actor !== undefined && { 'actor.id': filter.actor }),
      ...(filter.subject !== undefined && { 'subject.id': filter.subject }),
      ...(since !== undefined && { at: { $gte: since } }),
    };
    return reach(() =>
      this.entries
        .find(query)
        .sort({ _id: directionOf(order) })
        .limit(limit)
        .toArray(),
    );
  }

  /**
   * Recomputes the chain, one step at a time, and holds its length and its end against the anchor.
   *
   * @param after the entry that the step before has ended with; 0 at the beginning
   * @param most entries of this step
   */
  async verify(after = 0, most = STEP): Promise<Verification> {
    const step = this.verifying.then(() => this.verifyStep(after, most));
    this.verifying = step.catch(() => undefined);
    return step;
  }

  private async verifyStep(after: number, most: number): Promise<Verification> {
    // Read first: the chain can only have grown since.
    const anchor = await reach(() => this.anchors.findOne({ _id: 'head' }));
    const { seen } = this;
    let last: Link = { seq: after, hash: '' };
    const bad = (seq: number): Verification => ({
      valid: false,
      entries: seq - 1,
      first_bad: seq,
      next: null,
    });
    if (after > 0) {
      const before = await this.link(after);
      if (!before) return bad(after);
      last = before;
    }
    while (last.seq < after + most) {
      const size = Math.min(PAGE, after + most - last.seq);
      const page = await this.following(last.seq, size);
      for (const { hash, ...entry } of page) {
        const seq = last.seq + 1;
        if (entry._id !== seq || hash !== this.hashOf(entry, last.hash)) return bad(seq);
        last = { seq, hash };
        if ([anchor, seen].some((link) => link?.seq === seq && link.hash !== hash)) return bad(seq);
      }
      if (page.length === size) continue;
      const isAnchored = anchor?.mac === (anchor && this.macOf(anchor));
      if (!anchor || !isAnchored || Math.max(anchor.seq, seen.seq) > last.seq) return bad(last.seq + 1);
      return { valid: true, entries: last.seq, next: null };
    }
    return { valid: true, entries: last.seq, next: last.seq };
  }

  /**
   * An entry before which all others are older than a moment, 0 for none. Their times grow with their numbers, so it is
   * searched by halves; but they are of several clocks, of which one may be a little behind.
   */
  private async lastBefore(since: string): Promise<number> {
    const anchor = await reach(() => this.anchors.findOne({ _id: 'head' }));
    let [low, high] = [0, Math.max(anchor?.seq ?? 0, this.seen.seq)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const entry = await reach(() =>
        this.entries.findOne<Pick<AuditEntry, 'at'>>({ _id: middle }, { projection: { at: 1 } }),
      );
      if (entry && entry.at < since) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low - OUT_OF_ORDER);
  }

  /** The next entries, looked up by their numbers: no server has to search for those. */
  private async following(after: number, size: number): Promise<AuditEntry[]> {
    const ids = Array.from({ length: size }, (_, index) => after + 1 + index);
    const page = await reach(() => this.entries.find({ _id: { $in: ids } }).toArray());
    return page.sort((a, b) => a._id - b._id);
  }

  private async link(seq: number): Promise<Link | null> {
    const entry = await reach(() => this.entries.findOne({ _id: seq }));
    return entry && { seq, hash: entry.hash };
  }

  private saw(link: Link | null): void {
    if (link && link.seq > this.seen.seq) this.seen = { seq: link.seq, hash: link.hash };
  }

  private async anchor(link: Link): Promise<void> {
    this.saw(link);
    const { _id, ...anchor } = this.anchorOf(link);
    await reach(() => this.anchors.updateOne({ _id, seq: { $lt: link.seq } }, { $set: anchor }));
  }

  private anchorOf(link: Link): Anchor {
    return { _id: 'head', ...link, mac: this.macOf(link) };
  }

  private macOf({ seq, hash }: Link): string {
    return this.hash(`anchor\n${seq}\n${hash}`);
  }

  private hashOf(entry: object, before: string): string {
    return this.hash(`entry\n${before}\n${JSON.stringify(sorted(entry))}`);
  }
}

/** The value as the store returns it: without undefined fields. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
