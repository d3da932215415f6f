import { isCountedIn } from '../metrics/counts-alike.js';
import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { Metric } from '../model/metric.js';
import type { MetricInput } from '../stats/input.js';
import type { Store } from '../store/store.js';

/** A new experiment may have no units yet, so the ones before it are asked as well. */
const EXPERIMENTS = 5;

/**
 * The baselines of these metrics in the controls of the newest experiments that counted them as they are defined now. A metric
 * without a recorded one is absent.
 */
export async function historyOf(
  store: Pick<Store, 'pastExperiments' | 'snapshots'>,
  metrics: readonly Metric[],
): Promise<Record<string, Baseline>> {
  const found: Record<string, Baseline> = {};
  for (const wanted of metrics) {
    const { metric_id } = wanted;
    for (const { _id, launch } of await store.pastExperiments.newestWithMetric(metric_id, EXPERIMENTS)) {
      if (!isCountedIn(launch, wanted)) continue;
      const snapshot = await store.snapshots.latest(_id);
      const metric = snapshot?.input.metrics.find((measured) => measured.metric_id === metric_id);
      const baseline = snapshot && metric && baselineOf(metric, snapshot.input.control);
      if (!baseline) continue;
      found[metric_id] = baseline;
      break;
    }
  }
  return found;
}

/** A control with fewer units says too little about the next experiment. */
const FEWEST_UNITS = 100;

function baselineOf({ kind, arms, scale = 1 }: MetricInput, control: string): Baseline | null {
  const names = ['n', ...Object.keys(KINDS[kind].estimator.sums)];
  const sums = arms[control];
  // A quantile lacks some as long as it has no threshold: they are not known to be 0.
  if (!sums || names.some((name) => sums[name] === undefined)) return null;
  const arm = Object.fromEntries(names.map((name) => [name, Number(sums[name])])) as Record<string, number>;
  return arm['n']! < FEWEST_UNITS ? null : KINDS[kind].baseline(arm, scale);
}
