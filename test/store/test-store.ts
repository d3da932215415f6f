import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongo } from '../../src/servers/mongodb.js';
import { openStore, type Store } from '../../src/store/store.js';

/** A MongoDB of a test's own, with as many installations as it opens. */
export class TestStores {
  private readonly open: Store[] = [];
  private count = 0;

  private constructor(
    private readonly address: string,
    private readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<TestStores> {
    const dataDir = await mkdtemp(join(tmpdir(), 'rampart-store-'));
    const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
    return new TestStores(mongo.address, async () => {
      await mongo.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
  }

  /** @param name of an installation that was opened before; without it, a new one */
  async store(name = this.fresh(), secret = 'a secret of tests that is long enough'): Promise<Store> {
    const store = await openStore(this.address, name, { secret });
    this.open.push(store);
    return store;
  }

  fresh(): string {
    this.count += 1;
    return `store_${process.pid}_${Date.now()}_${this.count}`;
  }

  async end(): Promise<void> {
    for (const store of this.open) await store.database.close();
    await this.stop();
  }
}
