import type { Collection } from 'mongodb';
import { FIRST_KEY, nextKeyId } from '../secrets/sealing-keys.js';
import { reach, type Database } from './database.js';
import { SharedRead } from './shared.js';

/** A key by its id. The key itself is stored nowhere: it is derived from the secret. */
export interface KeyringEntry {
  key_id: string;
  created_at: string;
  /** Id of the key of the person who rotated. */
  created_by: string;
  /** When nothing that is stored was sealed with it any more; null before. */
  retired_at: string | null;
}

export interface KeyringDocument {
  _id: 'keyring';
  /** The key that seals. All others only open. */
  current: string;
  /** The oldest first. */
  keys: KeyringEntry[];
  /** The last round of sealing anew; null before the first. */
  round: ResealingRound | null;
}

export interface ResealingRound {
  at: string;
  /** Fields that it sealed anew. */
  resealed: number;
  /** Fields that nobody can open: damaged, or sealed under another secret. */
  unreadable: number;
  /** Whether it found nothing left that other keys had sealed, but for what is unreadable. */
  complete: boolean;
}

/** Maximum age of what a process knows of the present key, ms. */
const CURRENT_MS = 2_000;

/** Which key seals, and which there were: one document. */
export class KeyringStore {
  private readonly collection: Collection<KeyringDocument>;
  private readonly shared = new SharedRead(CURRENT_MS, () => this.read());

  constructor(database: Database) {
    this.collection = database.collection('keyring');
  }

  async initialise(now = new Date()): Promise<void> {
    const first = {
      key_id: FIRST_KEY,
      created_at: now.toISOString(),
      created_by: 'rampart',
      retired_at: null,
    };
    await reach(() =>
      this.collection.updateOne(
        { _id: 'keyring' },
        { $setOnInsert: { current: FIRST_KEY, keys: [first], round: null } },
        { upsert: true },
      ),
    );
  }

  async read(): Promise<KeyringDocument> {
    const found = await reach(() => this.collection.findOne({ _id: 'keyring' }));
    if (!found) throw new Error('the keyring is missing: the database was changed by somebody else');
    return found;
  }

  /** The id of the key to seal with, as of the last two seconds. */
  async current(): Promise<string> {
    return (await this.shared.get()).current;
  }

  /** Makes the next key the present one. Null where somebody else has just done so. */
  async rotate(from: string, created_by: string): Promise<KeyringDocument | null> {
    const key_id = nextKeyId(from);
    const entry = { key_id, created_at: new Date().toISOString(), created_by, retired_at: null };
    const rotated = await reach(() =>
      this.collection.findOneAndUpdate(
        { _id: 'keyring', current: from },
        { $set: { current: key_id }, $push: { keys: entry } },
        { returnDocument: 'after' },
      ),
    );
    return rotated;
  }

  /** Notes a round, and the keys that are of no more use after it; nothing where there was a rotation meanwhile. */
  async note({ current, keys }: KeyringDocument, round: ResealingRound): Promise<void> {
    const retired = keys.map((entry) =>
      round.complete && round.unreadable === 0 && entry.key_id !== current && entry.retired_at === null
        ? { ...entry, retired_at: round.at }
        : entry,
    );
    await reach(() =>
      this.collection.updateOne({ _id: 'keyring', current }, { $set: { keys: retired, round } }),
    );
  }
}
