import type { Collection } from 'mongodb';
import { failure, RampartError } from '../errors.js';
import { isDuplicate, reach, type Database } from './database.js';

/** A stored definition with what happened to it. */
export interface Stored<T> {
  _id: string;
  definition: T;
  revision: number;
  created_at: string;
  updated_at: string;
  updated_by: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Definitions of one kind (flags, segments, metrics, policies): the newest of each, and every revision before. */
export class DefinitionStore<T extends object> {
  private readonly newest: Collection<Stored<T>>;
  private readonly revisions: Collection<Stored<T>>;

  constructor(
    database: Database,
    readonly kind: string,
  ) {
    this.newest = database.collection(`${kind}s`);
    this.revisions = database.collection(`${kind}_revisions`);
  }

  async get(id: string): Promise<Stored<T> | null> {
    return reach(() => this.newest.findOne({ _id: id }));
  }

  async many(ids: readonly string[]): Promise<Stored<T>[]> {
    return reach(() => this.newest.find({ _id: { $in: [...ids] } }).toArray());
  }

  async all(): Promise<Stored<T>[]> {
    return reach(() => this.newest.find().toArray());
  }

  /** The definitions that have this value at a dotted path. */
  async having(path: string, value: string | boolean): Promise<Stored<T>[]> {
    return reach(() => this.newest.find({ [`definition.${path}`]: value } as never).toArray());
  }

  /** Ids of the definitions that have this value at a dotted path. */
  async idsHaving(path: string, value: string | boolean): Promise<string[]> {
    const found = await reach(() =>
      this.newest
        .find({ [`definition.${path}`]: value } as never)
        .project<{ _id: string }>({ _id: 1 })
        .toArray(),
    );
    return found.map(({ _id }) => _id);
  }

  /** Makes looking for values at a dotted path fast. */
  async index(path: string): Promise<void> {
    await reach(() => this.newest.createIndex({ [`definition.${path}`]: 1 }));
  }

  async page(limit: number, after: string | undefined): Promise<Page<Stored<T>>> {
    const filter = after === undefined ? {} : { _id: { $gt: after } };
    const found = await reach(() =>
      this.newest
        .find(filter as object)
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    );
    return pageOf(found, limit);
  }

  /**
   * Stores the next revision. The history is written first, so that it never lacks the newest revision.
   *
   * @param onlyNew refuse to replace one that exists
   * @throws {RampartError} already_exists; conflict where somebody else wrote between
   */
  async put(
    id: string,
    definition: T,
    actor: string,
    onlyNew = false,
  ): Promise<{ stored: Stored<T>; before: Stored<T> | null }> {
    const before = await this.get(id);
    if (before && onlyNew) throw failure('already_exists', `${this.kind} ${id} exists already`);
    return { stored: await this.write(id, definition, actor, before), before };
  }

  /** Stores the next revision as a function of the present one. Returns null, and writes nothing, where it is the same. */
  async change(id: string, by: (before: T | null) => T, actor: string): Promise<Stored<T> | null> {
    for (;;) {
      const before = await this.get(id);
      const definition = by(before?.definition ?? null);
      if (definition === before?.definition) return null;
      try {
        return await this.write(id, definition, actor, before);
      } catch (error) {
        if (!(error instanceof RampartError) || error.code !== 'conflict') throw error;
      }
    }
  }

  private async write(
    id: string,
    definition: T,
    actor: string,
    before: Stored<T> | null,
  ): Promise<Stored<T>> {
    const last = before?.revision ?? (await this.lastRevision(id));
    const now = new Date().toISOString();
    const stored: Stored<T> = {
      _id: id,
      definition,
      revision: last + 1,
      created_at: before?.created_at ?? now,
      updated_at: now,
      updated_by: actor,
    };
    const kept = { ...stored, _id: `${id}@${stored.revision}` };
    await reach(() => this.revisions.replaceOne({ _id: kept._id }, kept as never, { upsert: true }));
    await reach(() => this.replace(stored, before));
    return stored;
  }

  async delete(id: string): Promise<Stored<T> | null> {
    return reach(() => this.newest.findOneAndDelete({ _id: id }));
  }

  /** One revision, or null. */
  async revision(id: string, n: number): Promise<Stored<T> | null> {
    return reach(() => this.revisions.findOne({ _id: `${id}@${n}` } as object));
  }

  /** Revisions before `before`, newest first. */
  async history(id: string, limit: number, before = Infinity): Promise<Page<Stored<T>>> {
    const last = Math.min(before - 1, (await this.get(id))?.revision ?? (await this.lastRevision(id)));
    const wanted = Array.from({ length: Math.max(0, Math.min(limit, last)) }, (_, i) => last - i);
    const found = await Promise.all(wanted.map((n) => this.revision(id, n)));
    const lowest = last - wanted.length + 1;
    return {
      items: found.filter((one) => one !== null),
      next_cursor: lowest > 1 && wanted.length > 0 ? String(lowest) : null,
    };
  }

  private async replace(stored: Stored<T>, before: Stored<T> | null): Promise<void> {
    try {
      if (!before) {
        await this.newest.insertOne(stored);
        return;
      }
      const result = await this.newest.replaceOne({ _id: stored._id, revision: before.revision }, stored);
      if (result.matchedCount === 1) return;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    throw failure(
      'conflict',
      `${this.kind} ${stored._id} was changed by somebody else meanwhile: read it again`,
    );
  }

  private async lastRevision(id: string): Promise<number> {
    let last = 0;
    while (await this.revision(id, last + 1)) last += 1;
    return last;
  }
}

/** One page, given `limit + 1` documents: the extra one tells whether there is a next page. */
export function pageOf<T extends { _id: string }>(found: T[], limit: number): Page<T> {
  const items = found.slice(0, limit);
  return { items, next_cursor: found.length > limit ? items.at(-1)!._id : null };
}
