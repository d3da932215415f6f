import type { Collection, Document } from 'mongodb';
import { reach } from './database.js';

/** At most this many documents are deleted at a time, so that nobody waits long for the server. */
export const FORGOTTEN_AT_ONCE = 500;

/**
 * Deletes some documents that are older than a moment. Returns how many; none are left where it is 0.
 *
 * @param field the time of a document, in the unit of `before`; it has an index
 */
export async function forgetOlder<T extends Document & { _id: string }>(
  collection: Collection<T>,
  field: string,
  before: number,
): Promise<number> {
  return forgetFound(collection, { [field]: { $lt: before } }, FORGOTTEN_AT_ONCE);
}

/**
 * Deletes some documents of an experiment. Returns how many; none are left where it is 0.
 *
 * @param keep ids that stay
 */
export async function forgetSome<T extends Document & { _id: string; experiment_id: string }>(
  collection: Collection<T>,
  experiment_id: string,
  keep: ReadonlySet<string> = new Set(),
): Promise<number> {
  return forgetFound(collection, { experiment_id }, FORGOTTEN_AT_ONCE + keep.size, keep);
}

/** Deletes some documents that a filter finds, which has an index. Returns how many; none are left where it is 0. */
export async function forgetFound<T extends Document & { _id: string }>(
  collection: Collection<T>,
  filter: object,
  most: number,
  keep: ReadonlySet<string> = new Set(),
): Promise<number> {
  const found = await reach(() =>
    collection
      .find(filter as never)
      .limit(most)
      .project<{ _id: string }>({ _id: 1 })
      .toArray(),
  );
  const ids = found.map(({ _id }) => _id).filter((id) => !keep.has(id));
  if (ids.length === 0) return 0;
  await reach(() => collection.deleteMany({ _id: { $in: ids } } as never));
  return ids.length;
}
