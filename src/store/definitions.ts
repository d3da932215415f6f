import type { Collection } from 'mongodb';
import { failure, RampartError } from '../errors.js';
import { isDuplicate, reach, type Database } from './database.js';
import { inEnvironments } from './environments.js';

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

/**
 * Definitions of one kind (flags, segments, metrics, policies): the newest of each, and every revision before it. A revision
 * is archived when the next one replaces it, so that the archive has nothing that was not accepted.
 */
export class DefinitionStore<T extends object> {
  private readonly newest: Collection<Stored<T>>;
  private readonly archive: Collection<Stored<T>>;

  constructor(
    database: Database,
    readonly kind: string,
  ) {
    this.newest = database.collection(`${kind}s`);
    this.archive = database.collection(`${kind}_revisions`);
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

  /** @param environments only definitions whose list of environments has one of these, or that have none; null for all */
  async page(
    limit: number,
    after: string | undefined,
    environments: readonly string[] | null,
  ): Promise<Page<Stored<T>>> {
    const filter = {
      ...(after !== undefined && { _id: { $gt: after } }),
      ...inEnvironments('definition.environments', environments),
    };
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
   * Stores the next revision.
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
    const last = before?.revision ?? (await this.lastArchived(id));
    const now = new Date().toISOString();
    const stored: Stored<T> = {
      _id: id,
      definition,
      revision: last + 1,
      created_at: before?.created_at ?? now,
      updated_at: now,
      updated_by: actor,
    };
    if (before) await this.keep(before);
    await reach(() => this.replace(stored, before));
    return stored;
  }

  /** Deletes a definition and keeps its revisions. Null where there is none. */
  async delete(id: string): Promise<Stored<T> | null> {
    for (;;) {
      const before = await this.get(id);
      if (!before) return null;
      await this.keep(before);
      const { revision } = before;
      const { deletedCount } = await reach(() => this.newest.deleteOne({ _id: id, revision }));
      if (deletedCount === 1) return before;
    }
  }

  /** One revision, or null. */
  async revision(id: string, n: number): Promise<Stored<T> | null> {
    const [found] = await this.revisions(id, [n]);
    return found ?? null;
  }

  /** The newest revision, also of a definition that was deleted. Null where there never was one. */
  async newestRevision(id: string): Promise<Stored<T> | null> {
    return (await this.get(id)) ?? (await this.revision(id, await this.lastArchived(id)));
  }

  /** Revisions before `before`, newest first. */
  async history(id: string, limit: number, before = Infinity): Promise<Page<Stored<T>>> {
    const newest = (await this.newestRevision(id))?.revision ?? 0;
    const last = Math.min(before - 1, newest);
    const wanted = Array.from({ length: Math.max(0, Math.min(limit, last)) }, (_, i) => last - i);
    const lowest = last - wanted.length + 1;
    return {
      items: await this.revisions(id, wanted),
      next_cursor: lowest > 1 && wanted.length > 0 ? String(lowest) : null,
    };
  }

  /** Those of these revisions that exist, in this order. The newest is read first: it is archived before it is replaced. */
  private async revisions(id: string, wanted: readonly number[]): Promise<Stored<T>[]> {
    if (wanted.length === 0) return [];
    const newest = await this.get(id);
    const ids = wanted.map((n) => archivedId(id, n));
    const archived = await reach(() => this.archive.find({ _id: { $in: ids } } as object).toArray());
    const byRevision = new Map(archived.map((one) => [one.revision, one]));
    if (newest) byRevision.set(newest.revision, newest);
    return wanted.flatMap((n) => byRevision.get(n) ?? []);
  }

  private async keep(stored: Stored<T>): Promise<void> {
    const kept = { ...stored, _id: archivedId(stored._id, stored.revision) };
    await reach(() => this.archive.replaceOne({ _id: kept._id }, kept as never, { upsert: true }));
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

  /** The last revision of a definition that was deleted; 0 where there never was one. Numbers have no gaps, so it is searched by halves. */
  private async lastArchived(id: string): Promise<number> {
    const isThere = async (n: number): Promise<boolean> =>
      (await reach(() => this.archive.countDocuments({ _id: archivedId(id, n) }))) > 0;
    let [there, above] = [0, 1];
    while (await isThere(above)) [there, above] = [above, above * 2];
    while (above - there > 1) {
      const middle = Math.floor((there + above) / 2);
      if (await isThere(middle)) there = middle;
      else above = middle;
    }
    return there;
  }
}

function archivedId(id: string, revision: number): string {
  return `${id}@${revision}`;
}

/** One page, given `limit + 1` documents: the extra one tells whether there is a next page. */
export function pageOf<T extends { _id: string }>(found: T[], limit: number): Page<T> {
  const items = found.slice(0, limit);
  return { items, next_cursor: found.length > limit ? items.at(-1)!._id : null };
}
