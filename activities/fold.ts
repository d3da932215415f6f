import { Context } from '@temporalio/activity';
import { Folder } from '../src/metrics/folder.js';
import type { Catalog } from '../src/metrics/records.js';
import { MongoFoldStore } from '../src/store/folding.js';
import type { Store } from '../src/store/store.js';
import { handOver } from './hand-over.js';

/** Waits longer the longer nothing came, so that many idle partitions cost little. */
const IDLE_MS = { least: 200, most: 800 };
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
      let idle = IDLE_MS.least;
      while (!stopping.aborted) {
        context.heartbeat();
        if (await folder.foldOnce()) {
          idle = IDLE_MS.least;
          continue;
        }
        await context.sleep(idle);
        idle = Math.min(IDLE_MS.most, idle * 1.5);
      }
      throw handOver();
    },
  };
}

/** Metrics of started experiments: frozen at the start, so read once; which of them are live is read each second. */
function createCatalog(store: Store): (experiment_ids: ReadonlySet<string>) => Promise<Catalog> {
  const known = new Map<string, Catalog extends ReadonlyMap<string, infer E> ? E : never>();
  let refreshed = -Infinity;
  return async (experiment_ids) => {
    if (performance.now() - refreshed > CATALOG_MS) {
      const live = new Set((await store.experiments.underWay()).map(({ _id }) => _id));
      for (const [id, entry] of known) known.set(id, { ...entry, live: live.has(id) });
      refreshed = performance.now();
    }
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
