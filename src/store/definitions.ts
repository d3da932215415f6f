import type { Collection } from 'mongodb';
import { failure } from '../errors.js';
import { isDuplicate, reach, type Database } from './database.js';
import { inEnvironments } from './environments.js';
import { forgetOlder } from './forget.js';

/** A stored definition with what happened to it. */
export interface Stored<T> {
  _id: string;
  definition: T;
  revision: number;
  created_at: string;
  updated_at: string;
  updated_by: string;
}

/** A revision that was replaced or deleted. */
type Archived<T> = Stored<T> & { archived_at: number };

/** What is left of a definition that was deleted: its last revision, from which the numbers go on. */
interface Deleted {
  _id: string;
  revision: number;
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
  private readonly archive: Collection<Archived<T>>;
  private readonly deleted: Collection<Deleted>;

  constructor(
    database: Database,
    readonly kind: string,
  ) {
    this.newest = database.collection(`${kind}s`);
    this.archive = database.collection(`${kind}_revisions`);
    this.deleted = database.collection(`${kind}s_deleted`);
  }

  async initialise(): Promise<void> {
    await reach(() => this.archive.createIndex({ archived_at: 1 }));
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

  /** The definitions that have this value at a dotted path, which has an index. */
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

  /** The number of the revision that replaces `before`. Numbers go on where a definition was deleted. */
  async nextRevision(id: string, before: Stored<T> | null): Promise<number> {
    return (before?.revision ?? (await this.lastArchived(id))) + 1;
  }

  /**
   * Stores the next revision.
   *
   * @param before the newest one so far; null where there is none
   * @throws {RampartError} conflict: somebody else wrote between
   */
  async replace(
    id: string,
    definition: T,
    actor: string,
    before: Stored<T> | null,
    revision: number,
  ): Promise<Stored<T>> {
    const now = new Date().toISOString();
    const stored: Stored<T> = {
      _id: id,
      definition,
      revision,
      created_at: before?.created_at ?? now,
      updated_at: now,
      updated_by: actor,
    };
    if (before) await this.keep(before);
    if (await this.swap(stored, before)) return stored;
    throw failure('conflict', `${this.kind} ${id} was changed by somebody else meanwhile: read it again`);
  }

  /** Deletes this revision of a definition and keeps it in the archive. False where it is no longer the newest. */
  async delete(before: Stored<T>): Promise<boolean> {
    await this.keep(before);
    const { _id, revision } = before;
    await reach(() => this.deleted.updateOne({ _id }, { $max: { revision } }, { upsert: true }));
    return (await reach(() => this.newest.deleteOne({ _id, revision }))).deletedCount === 1;
  }

  /** The revisions from `first` to `last`, oldest first. */
  async range(id: string, first: number, last: number): Promise<Stored<T>[]> {
    return this.revisions(
      id,
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
  }

  /** The number of the newest revision of each of these that exist. */
  async newestRevisions(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const found = await reach(() =>
      this.newest
        .find({ _id: { $in: [...ids] } } as object)
        .project<Pick<Stored<T>, '_id' | 'revision'>>({ _id: 1, revision: 1 })
        .toArray(),
    );
    return new Map(found.map(({ _id, revision }) => [_id, revision]));
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
    const items = await this.revisions(id, wanted);
    const lowest = last - wanted.length + 1;
    // Where one is missing, it and all before it were forgotten.
    const isAll = items.length < wanted.length || wanted.length === 0 || lowest === 1;
    return { items, next_cursor: isAll ? null : String(lowest) };
  }

  /** Deletes some revisions that were replaced before this time, ms since the epoch. Returns how many; 0 where none are left. */
  async forgetRevisions(before: number): Promise<number> {
    return forgetOlder(this.archive as never, 'archived_at', before);
  }

  /** Those of these revisions that exist, in this order. The newest is read first: it is archived before it is replaced. */
  private async revisions(id: string, wanted: readonly number[]): Promise<Stored<T>[]> {
    if (wanted.length === 0) return [];
    const newest = await this.get(id);
    const ids = wanted.map((n) => archivedId(id, n));
    const archived = await reach(() => this.archive.find({ _id: { $in: ids } } as object).toArray());
    const byRevision = new Map<number, Stored<T>>(archived.map((one) => [one.revision, one]));
    if (newest) byRevision.set(newest.revision, newest);
    return wanted.flatMap((n) => byRevision.get(n) ?? []);
  }

  private async keep(stored: Stored<T>): Promise<void> {
    const kept = { ...stored, _id: archivedId(stored._id, stored.revision), archived_at: Date.now() };
    await reach(() => this.archive.replaceOne({ _id: kept._id }, kept as never, { upsert: true }));
  }

  private async swap(stored: Stored<T>, before: Stored<T> | null): Promise<boolean> {
    const { _id } = stored;
    if (before) {
      const { revision } = before;
      return (await reach(() => this.newest.replaceOne({ _id, revision }, stored))).matchedCount === 1;
    }
    return reach(() => this.newest.insertOne(stored as never)).then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );
  }

  /** The last revision of a definition that was deleted; 0 where there never was one. */
  private async lastArchived(id: string): Promise<number> {
    return (await reach(() => this.deleted.findOne({ _id: id })))?.revision ?? 0;
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
