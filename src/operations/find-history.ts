import { acceptedMetric } from '../metrics/metric-schema.js';
import type { Baseline } from '../metrics/kind.js';
import type { FrozenCap, PriorLifts } from '../model/launch.js';
import type { MetricDocument } from '../model/metric.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';
import { historyOf } from './find-baselines.js';
import { capsFor } from './find-caps.js';
import { priorLiftsOf } from './find-prior-lifts.js';
import { measuredTraffic, type MeasuredTraffic } from './measure-traffic.js';

/** What earlier experiments say about one that is to start. */
export interface History {
  /** What the metrics were, by id. */
  baselines: Readonly<Record<string, Baseline>>;
  traffic: MeasuredTraffic | null;
  caps: readonly FrozenCap[];
  prior_lifts: readonly PriorLifts[];
}

export const NO_HISTORY: History = { baselines: {}, traffic: null, caps: [], prior_lifts: [] };

export async function findHistory(
  store: Store,
  document: Pick<ExperimentDocument, 'flag_id' | 'definition'>,
  metrics: ReadonlyMap<string, MetricDocument>,
  now: number,
): Promise<History> {
  const ids = Object.values(document.definition.success_metrics).flat();
  const accepted = [...new Set(ids)].flatMap((id) => metrics.get(id) ?? []).map(acceptedMetric);
  const [baselines, traffic, caps, prior_lifts] = await Promise.all([
    historyOf(store, accepted),
    measuredTraffic(store, document, now),
    capsFor(store, accepted),
    priorLiftsOf(store, accepted),
  ]);
  return { baselines, traffic, caps, prior_lifts };
}
