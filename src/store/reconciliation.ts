import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

/** What reconciliation mends, each a thing that a crash can leave behind. */
export const MENDED = [
  'workflows_started',
  'commands_delivered',
  'fences_signalled',
  'fences_orphaned',
  'leases_returned',
  'experiments_settled',
  'workflows_ended',
  'timelines_told',
] as const;
export type Mended = Record<(typeof MENDED)[number], number>;

export interface ReconciliationDocument {
  _id: 'latest';
  /** End of the last round, ISO 8601. */
  at: string;
  rounds: number;
  /** What the last round mended, and all rounds together. */
  last: Mended;
  total: Mended;
}

export class ReconciliationStore {
  private readonly collection: Collection<ReconciliationDocument>;

  constructor(database: Database) {
    this.collection = database.collection('reconciliation');
  }

  async latest(): Promise<ReconciliationDocument | null> {
    return reach(() => this.collection.findOne({ _id: 'latest' }));
  }

  /** There is only one reconciler at a time, so reading and writing back is enough. */
  async add(last: Mended): Promise<void> {
    const before = await this.latest();
    const total = Object.fromEntries(MENDED.map((kind) => [kind, (before?.total[kind] ?? 0) + last[kind]]));
    const document = {
      at: new Date().toISOString(),
      rounds: (before?.rounds ?? 0) + 1,
      last,
      total: total as Mended,
    };
    await reach(() => this.collection.replaceOne({ _id: 'latest' }, document, { upsert: true }));
  }
}
