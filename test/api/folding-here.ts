import { setTimeout as sleep } from 'node:timers/promises';
import { createCatalog } from '../../activities/fold.js';
import { Folder } from '../../src/metrics/folder.js';
import { MongoFoldStore } from '../../src/store/folding.js';
import type { Store } from '../../src/store/store.js';

/** Folds all partitions in this process, as a worker does, until it is stopped. */
export class FoldingHere {
  private isStopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly store: Store) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const { database, inbox } = this.store;
    const catalog = createCatalog(this.store);
    const folders = Array.from(
      { length: inbox.partitions },
      (_, partition) =>
        new Folder(new MongoFoldStore(database, partition, inbox.partitions), catalog, () => Date.now()),
    );
    while (!this.isStopped) {
      for (const [partition, folder] of folders.entries())
        if ((await inbox.oldest(partition)) !== null) while (await folder.foldOnce());
      await sleep(20);
    }
  }
}
