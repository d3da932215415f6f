import { createHash } from 'node:crypto';
import type { Collection } from 'mongodb';
import { isDuplicate, reach, type Database } from './database.js';

/** One change by somebody; `hash` covers the entry and the hash of the one before. */
export interface AuditEntry {
  _id: number;
  at: string;
  actor: { type: 'person' | 'system'; id: string };
  action: string;
  subject: { type: string; id: string };
  before?: unknown;
  after?: unknown;
  hash: string;
}

export type AuditInput = Omit<AuditEntry, '_id' | 'hash' | 'at'>;

/** The audit trail. It is a chain: each entry takes the next number, and only one entry can have it. */
export class AuditStore {
  private readonly collection: Collection<AuditEntry>;

  constructor(database: Database) {
    this.collection = database.collection('audit');
  }

  async append(input: AuditInput): Promise<void> {
    await reach(async () => {
      for (;;) {
        const [last] = await this.collection.find().sort({ _id: -1 }).limit(1).toArray();
        const entry = { _id: (last?._id ?? 0) + 1, at: new Date().toISOString(), ...plain(input) };
        try {
          await this.collection.insertOne({ ...entry, hash: hashOf(entry, last?.hash ?? '') });
          return;
        } catch (error) {
          if (!isDuplicate(error)) throw error;
        }
      }
    });
  }

  async list(
    filter: {
      after: number;
      actor?: string | undefined;
      subject?: string | undefined;
      since?: string | undefined;
    },
    limit: number,
  ): Promise<AuditEntry[]> {
    const query = {
      _id: { $gt: filter.after },
      ...(filter.actor !== undefined && { 'actor.id': filter.actor }),
      ...(filter.subject !== undefined && { 'subject.id': filter.subject }),
      ...(filter.since !== undefined && { at: { $gte: filter.since } }),
    };
    return reach(() => this.collection.find(query).sort({ _id: 1 }).limit(limit).toArray());
  }

  /** Recomputes the whole chain. */
  async verify(): Promise<{ valid: boolean; entries: number; first_bad?: number }> {
    return reach(async () => {
      let before = '';
      let entries = 0;
      for await (const { hash, ...entry } of this.collection.find().sort({ _id: 1 })) {
        entries += 1;
        if (entry._id !== entries || hash !== hashOf(entry, before)) {
          return { valid: false, entries, first_bad: entry._id };
        }
        before = hash;
      }
      return { valid: true, entries };
    });
  }
}

/** The value as the store returns it: without undefined fields. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function hashOf(entry: object, before: string): string {
  return createHash('sha256')
    .update(before)
    .update(JSON.stringify(sorted(entry)))
    .digest('hex');
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
