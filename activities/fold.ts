import { Context } from '@temporalio/activity';
import { watchedMetrics } from '../src/anomalies/watched.js';
import { Folder } from '../src/metrics/folder.js';
import type { Catalog, CatalogEntry } from '../src/metrics/records.js';
import { MongoFoldStore } from '../src/store/folding.js';
import type { Store } from '../src/store/store.js';
import { handOver } from './hand-over.js';
import { heartbeating } from './heartbeating.js';
import type { WorkMetrics } from './work-metrics.js';

/** Time between two checks of an idle partition for new batches, ms. */
const IDLE_MS = 500;
/** Maximum age of what is known about whether an experiment is over, ms. */
const CATALOG_MS = 1_000;
/** An experiment of which nothing came for this long is forgotten, ms: any number of them come and go in a worker's life. */
const FORGOTTEN_MS = 600_000;

export type FoldActivities = ReturnType<typeof createFoldActivities>;

/** Folding: events in the inbox become sums in the totals. */
export function createFoldActivities({
  store,
  stopping,
  metrics,
}: {
  store: Store;
  stopping: AbortSignal;
  metrics: Pick<WorkMetrics, 'folded' | 'timed'>;
}) {
  const catalog = createCatalog(store);

  return {
    /** Folds one partition until it is cancelled. Two at once, as after a failover, do no harm. */
    async fold(partition: number): Promise<void> {
      const context = Context.current();
      const folder = new Folder(
        new MongoFoldStore(store.database, partition, store.inbox.partitions),
        catalog,
        () => Date.now(),
        (step) => metrics.folded(step),
      );
      const foldOnce = (): Promise<boolean> => metrics.timed('fold', () => folder.foldOnce(), { partition });
      await heartbeating(async () => {
        while (!stopping.aborted) {
          if (await store.inbox.isWaiting(partition))
            while (!stopping.aborted && !context.cancellationSignal.aborted && (await foldOnce()));
          await context.sleep(IDLE_MS);
        }
      });
      throw handOver();
    },
  };
}

/**
 * What the start of an experiment froze is read once. Whether its events still count is read every second; of one whose
 * events do not, no more is kept than that.
 */
export function createCatalog(store: FoldedStore): (experiment_ids: ReadonlySet<string>) => Promise<Catalog> {
  const known = new Map<string, CatalogEntry & { asked_at: number }>();
  return async (experiment_ids) => {
    const asked_at = performance.now();
    const isKnown = (id: string): boolean => asked_at - (known.get(id)?.asked_at ?? -Infinity) < CATALOG_MS;
    const unknown = [...experiment_ids].filter((id) => !isKnown(id));
    if (unknown.length === 0) return known;
    for (const { _id, state } of await store.experiments.states(unknown)) {
      const live = state !== 'completed';
      const frozen = live ? (known.get(_id) ?? (await frozenOf(store, _id))) : { metrics: [] };
      if (frozen) known.set(_id, { ...frozen, live, asked_at });
    }
    for (const [id, one] of known) if (asked_at - one.asked_at > FORGOTTEN_MS) known.delete(id);
    return known;
  };
}

type FoldedStore = { experiments: Pick<Store['experiments'], 'states' | 'lookSubject'> };

/** Null for an experiment that was never started, or is a draft that was deleted. */
async function frozenOf(
  store: FoldedStore,
  experiment_id: string,
): Promise<Omit<CatalogEntry, 'live'> | null> {
  const subject = await store.experiments.lookSubject(experiment_id);
  if (!subject) return null;
  const { metrics, segments } = subject.launch;
  return {
    metrics: metrics.map(({ metric }) => metric),
    watched: watchedMetrics(subject.launch),
    ...(segments && { segmented: true }),
  };
}
