import { Context } from '@temporalio/activity';
import { Folder } from '../src/metrics/folder.js';
import type { Catalog } from '../src/metrics/records.js';
import { MongoFoldStore } from '../src/store/folding.js';
import { SharedRead } from '../src/store/shared.js';
import type { Store } from '../src/store/store.js';
import { handOver } from './hand-over.js';

/** How often an idle partition asks whether anything has come. */
const IDLE_MS = 500;
const CATALOG_MS = 1_000;

export type FoldActivities = ReturnType<typeof createFoldActivities>;

/** Folding: events in the inbox become sums in the totals. */
export function createFoldActivities({ store, stopping }: { store: Store; stopping: AbortSignal }) {
  const catalog = createCatalog(store);

  return {
    /** Folds one partition until it is cancelled. Two at once, after a failover, do no harm. */
    async fold(partition: number): Promise<void> {
      const context = Context.current();
      const folder = new Folder(
        new MongoFoldStore(store.database, partition, store.inbox.partitions),
        catalog,
        () => Date.now(),
      );
      while (!stopping.aborted) {
        context.heartbeat();
        if (await store.inbox.isWaiting(partition))
          while (!stopping.aborted && (await folder.foldOnce())) context.heartbeat();
        await context.sleep(IDLE_MS);
      }
      throw handOver();
    },
  };
}

/** Metrics of started experiments: frozen at the start, so read once; which of them are live is read each second. */
function createCatalog(store: Store): (experiment_ids: ReadonlySet<string>) => Promise<Catalog> {
  const known = new Map<string, Catalog extends ReadonlyMap<string, infer E> ? E : never>();
  const refreshed = new SharedRead(CATALOG_MS, async () => {
    // One that becomes known while this reads may have been started after it was read.
    const entries = [...known];
    const live = new Set((await store.experiments.underWay()).map(({ _id }) => _id));
    for (const [id, entry] of entries) known.set(id, { ...entry, live: live.has(id) });
  });
  return async (experiment_ids) => {
    await refreshed.get();
    for (const id of experiment_ids) {
      if (known.has(id)) continue;
      const document = await store.experiments.get(id);
      if (!document?.launch) continue;
      const metrics = document.launch.metrics.map(({ metric }) => metric);
      known.set(id, { metrics, live: document.state !== 'completed' });
    }
    return known;
  };
}
