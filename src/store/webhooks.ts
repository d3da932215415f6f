import type { Collection } from 'mongodb';
import type { WebhookSettings } from '../model/webhook.js';
import type { Sealed } from '../secrets/field-sealing.js';
import { reach, type Database } from './database.js';

/** A webhook as it is stored: where it goes and what signs it is sealed. */
export interface StoredWebhook {
  _id: string;
  settings: WebhookSettings;
  /** `WebhookSecrets` as JSON. */
  sealed: Sealed;
  created_at: string;
  created_by: string;
  updated_at: string;
  updated_by: string;
}

export class WebhookStore {
  private readonly collection: Collection<StoredWebhook>;

  constructor(database: Database) {
    this.collection = database.collection('webhooks');
  }

  async put(webhook: StoredWebhook): Promise<void> {
    await reach(() => this.collection.replaceOne({ _id: webhook._id }, webhook, { upsert: true }));
  }

  async get(id: string): Promise<StoredWebhook | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  async all(): Promise<StoredWebhook[]> {
    return reach(() => this.collection.find().sort({ _id: 1 }).toArray());
  }

  async delete(id: string): Promise<boolean> {
    return (await reach(() => this.collection.deleteOne({ _id: id }))).deletedCount === 1;
  }
}
