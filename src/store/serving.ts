import type { Collection } from 'mongodb';
import { isUnder, type Fence, type Fenceable } from '../model/serving.js';
import { reach, type Database } from './database.js';

/** Kinds of things that are served, as they stand in the log of changes. */
export type ServedKind = 'flag' | 'segment' | 'experiment' | 'metric' | 'key' | 'person' | 'opt-out';
export type ServedId = `${ServedKind}:${string}` | 'fence';

interface ServingDocument {
  _id: 'serving';
  revision: number;
  log: { id: ServedId }[];
  fences: StoredFence[];
}

export interface StoredFence extends Fence {
  by: string;
  reason: string;
  at: string;
}

/** A stretch of the log that is too old for the serving document. */
interface LogPage {
  /** Page n has the changes from revision (n − 1) · 250 + 1 to n · 250. */
  _id: number;
  ids: ServedId[];
}

/** Changes in the serving document itself, which every process reads each second. */
const LOG_LENGTH = 500;
const PAGE_LENGTH = 250;
/** A process that is further behind than these pages reads everything again. */
const MOST_PAGES = 200;

/** The one document that every process polls: the newest changes to what is served, and the fences. Older ones are in pages. */
export class ServingStore {
  private readonly collection: Collection<ServingDocument>;
  private readonly pages: Collection<LogPage>;

  constructor(database: Database) {
    this.collection = database.collection('serving');
    this.pages = database.collection('serving_log');
  }

  /** Whether nothing was ever served: the installation is new. */
  async isFresh(): Promise<boolean> {
    return (await reach(() => this.collection.countDocuments({ _id: 'serving' }))) === 0;
  }

  async initialise(): Promise<void> {
    await reach(() =>
      this.collection.updateOne(
        { _id: 'serving' },
        { $setOnInsert: { revision: 0, log: [], fences: [] } },
        { upsert: true },
      ),
    );
  }

  async read(): Promise<ServingDocument> {
    const found = await reach(() => this.collection.findOne({ _id: 'serving' }));
    return found ?? { _id: 'serving', revision: 0, log: [], fences: [] };
  }

  /** The fences alone, without the log, which is long. */
  async fences(): Promise<StoredFence[]> {
    const found = await reach(() =>
      this.collection.findOne({ _id: 'serving' }, { projection: { fences: 1 } }),
    );
    return found?.fences ?? [];
  }

  /**
   * Tells every process that something changed. Returns the revision at which they will have seen it, and the fences
   * as they are then.
   */
  async changed(...ids: ServedId[]): Promise<{ revision: number; fences: StoredFence[] }> {
    return this.bump(ids);
  }

  /** Sets a fence. Returns the revision from which a process obeys it. */
  async fence(fence: StoredFence): Promise<number> {
    return (await this.bump(['fence'], { fences: fence })).revision;
  }

  async release(emergency_stop_id: string): Promise<number> {
    return (await this.bump(['fence'], {}, { $pull: { fences: { emergency_stop_id } } })).revision;
  }

  /** Ids that changed since a revision, or null where that is too long ago to know. */
  async changesSince(serving: ServingDocument, since: number): Promise<ServedId[] | null> {
    const { revision, log } = serving;
    if (since > revision) return null;
    const first = revision - log.length;
    const recent = log.slice(Math.max(0, since - first)).map(({ id }) => id);
    const older = await this.olderChanges(since, first);
    return older && [...new Set([...older, ...recent])];
  }

  /** The changes after revision `since` up to `until`, and a few around them; null where a page is missing. */
  private async olderChanges(since: number, until: number): Promise<ServedId[] | null> {
    if (until <= since) return [];
    const [first, last] = [Math.floor(since / PAGE_LENGTH) + 1, Math.ceil(until / PAGE_LENGTH)];
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    if (numbers.length > MOST_PAGES) return null;
    const pages = await reach(() => this.pages.find({ _id: { $in: numbers } }).toArray());
    return pages.length === numbers.length ? pages.flatMap(({ ids }) => ids) : null;
  }

  /** The revision counts the entries of the log, one for each id. */
  private async bump(
    ids: ServedId[],
    push: object = {},
    more: object = {},
  ): Promise<{ revision: number; fences: StoredFence[] }> {
    const after = await reach(() =>
      this.collection.findOneAndUpdate(
        { _id: 'serving' },
        {
          $inc: { revision: ids.length },
          $push: { log: { $each: ids.map((id) => ({ id })), $slice: -LOG_LENGTH }, ...push } as never,
          ...more,
        },
        { returnDocument: 'after', projection: { revision: 1, fences: 1 } },
      ),
    );
    const { revision, fences } = after!;
    const page = Math.floor(revision / PAGE_LENGTH);
    // The change is made. Without the page, a process that has missed it reads everything: slow, but as good.
    if (page > Math.floor((revision - ids.length) / PAGE_LENGTH))
      await this.keepPage(page).catch(() => undefined);
    return { revision, fences };
  }

  /** Copies the changes of a page from the serving document, while it has them, and forgets the oldest page. */
  private async keepPage(page: number): Promise<void> {
    const { revision, log } = await this.read();
    const from = (page - 1) * PAGE_LENGTH - (revision - log.length);
    if (from < 0) return;
    const ids = log.slice(from, from + PAGE_LENGTH).map(({ id }) => id);
    await reach(() => this.pages.replaceOne({ _id: page }, { ids }, { upsert: true }));
    await reach(() => this.pages.deleteOne({ _id: page - MOST_PAGES }));
  }
}

/** The fences that an experiment stands under. */
export function fencesOver<F extends Fence>(fences: readonly F[], experiment: Fenceable): F[] {
  return fences.filter((fence) => isUnder(fence, experiment));
}
