import type { Collection } from 'mongodb';
import type { Sealed } from '../secrets/field-sealing.js';
import { reach, type Database } from './database.js';

/**
 * Every field that is sealed for long, by its collection and its place in the documents. A new one is added here, and
 * rotations reach it.
 */
export const SEALED_FIELDS = [
  { collection: 'exclusions', field: 'sealed' },
  { collection: 'overrides', field: 'sealed' },
  { collection: 'opt_outs', field: 'sealed' },
  { collection: 'idempotency', field: 'answer' },
  { collection: 'webhooks', field: 'sealed' },
] as const;
export type SealedField = (typeof SEALED_FIELDS)[number];

/** One read and the write after it: a write of more would keep others waiting. */
const AT_ONCE = 100;

/** A field of one document. */
export interface SealedDocument {
  _id: string;
  sealed: Sealed;
}

/** The sealed fields of all collections, for what is done to them alike. */
export class SealedFieldStore {
  constructor(private readonly database: Database) {}

  async initialise(): Promise<void> {
    for (const { collection, field } of SEALED_FIELDS)
      await reach(() => this.of(collection).createIndex({ [`${field}.key_id`]: 1, _id: 1 }));
  }

  /**
   * Some of the documents whose field another key than the present one has sealed; none where none are left.
   *
   * @param leave ids of documents that are left out
   */
  async sealedByOthers(
    { collection, field }: SealedField,
    current: string,
    leave: ReadonlySet<string> = new Set(),
  ): Promise<SealedDocument[]> {
    const path = `${field}.key_id`;
    const found: SealedDocument[] = [];
    // Two ranges, and not one condition that nothing has an index for.
    for (const range of [{ $lt: current }, { $gt: current }]) {
      const most = AT_ONCE + leave.size - found.length;
      if (most <= 0) break;
      const documents = await reach(() =>
        this.of(collection)
          .find({ [path]: range })
          .limit(most)
          .project({ [field]: 1 })
          .toArray(),
      );
      for (const document of documents)
        found.push({ _id: String(document['_id']), sealed: document[field] as Sealed });
    }
    return found.filter(({ _id }) => !leave.has(_id)).slice(0, AT_ONCE);
  }

  /** Replaces what was read by the same, sealed anew. What has changed since stays as it is. */
  async replace(
    { collection, field }: SealedField,
    changes: readonly { before: SealedDocument; sealed: Sealed }[],
  ): Promise<void> {
    if (changes.length === 0) return;
    await reach(() =>
      this.of(collection).bulkWrite(
        changes.map(({ before, sealed }) => ({
          updateOne: {
            filter: { _id: before._id, [`${field}.text`]: before.sealed.text },
            update: { $set: { [field]: sealed } },
          },
        })),
        { ordered: false },
      ),
    );
  }

  private of(collection: string): Collection<{ _id: string }> {
    return this.database.collection(collection);
  }
}
