import type { Collection } from 'mongodb';
import type { Alert } from '../model/alert.js';
import { isDuplicate, reach, type Database } from './database.js';

/** Something that lasts, and whose beginning and end people hear of: a lost process, a stale flag. */
export interface AlertCondition {
  /** `process:…`, `flag:…` */
  _id: string;
  kind: 'process' | 'flag';
  /** The alert of its beginning. */
  begun: Alert;
  /** The alert of its end; absent while it lasts. */
  ended?: Alert;
  /** Alerts are to be sent of it. It is written with the change, so that none is missed. */
  unheard?: true;
}

export class AlertConditionStore {
  private readonly collection: Collection<AlertCondition>;

  constructor(database: Database) {
    this.collection = database.collection('alert_conditions');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.collection.createIndex({ unheard: 1 });
      await this.collection.createIndex({ kind: 1 });
    });
  }

  /** Those of a kind that last, and those whose end is not told yet. */
  async all(kind: AlertCondition['kind']): Promise<AlertCondition[]> {
    return reach(() => this.collection.find({ kind }).toArray());
  }

  /** It begins; where it lasts already, nothing happens. */
  async begin(id: string, kind: AlertCondition['kind'], begun: Alert): Promise<void> {
    await reach(() => this.collection.insertOne({ _id: id, kind, begun, unheard: true })).catch(
      (error: unknown) => {
        if (!isDuplicate(error)) throw error;
      },
    );
  }

  /** It is over. */
  async end(id: string, ended: Alert): Promise<void> {
    await reach(() =>
      this.collection.updateOne({ _id: id, ended: { $exists: false } }, { $set: { ended, unheard: true } }),
    );
  }

  async unheard(): Promise<AlertCondition[]> {
    return reach(() => this.collection.find({ unheard: true }).toArray());
  }

  /** Its beginning was told, and its end, where it had ended as it was read: then it is forgotten. */
  async heard({ _id, ended }: AlertCondition): Promise<void> {
    if (ended) {
      await reach(() => this.collection.deleteOne({ _id, 'ended.alert_id': ended.alert_id }));
      return;
    }
    await reach(() =>
      this.collection.updateOne({ _id, ended: { $exists: false } }, { $unset: { unheard: '' } }),
    );
  }
}
