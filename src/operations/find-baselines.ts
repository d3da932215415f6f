import type { Baseline } from '../rehearsal/users.js';
import type { MetricInput } from '../stats/input.js';
import type { Store } from '../store/store.js';

/** The controls' values in the newest experiments with these metrics. A metric that nobody measured is absent. */
export async function historyOf(
  store: Store,
  metric_ids: readonly string[],
): Promise<Record<string, Baseline>> {
  const found: Record<string, Baseline> = {};
  for (const metric_id of metric_ids) {
    const experiment = await store.experiments.newestWithMetric(metric_id);
    const snapshot = experiment && (await store.snapshots.latest(experiment._id));
    const metric = snapshot?.input.metrics.find((one) => one.metric_id === metric_id);
    const baseline = snapshot && metric && baselineOf(metric, snapshot.input.control);
    if (baseline) found[metric_id] = baseline;
  }
  return found;
}

/** Fewer units than this say nothing about the next experiment. */
const FEWEST_UNITS = 100;

function baselineOf({ kind, arms, scale = 1 }: MetricInput, control: string): Baseline | null {
  const arm = arms[control];
  const sum = (name: string): number => Number(arm?.[name] ?? 0);
  const n = sum('n');
  if (n < FEWEST_UNITS) return null;
  switch (kind) {
    case 'proportion':
      return { value: sum('sum') / n };
    case 'error_rate':
      return { value: sum('errors') / n };
    case 'mean': {
      const mean = sum('sum') / n;
      const variance = Math.max(0, sum('sum_sq') / n - mean * mean);
      return { value: mean / scale, standard_deviation: Math.sqrt(variance) / scale };
    }
    case 'ratio':
      return sum('sum_d') === 0 ? null : { value: sum('sum_y') / sum('sum_d') / scale };
    case 'quantile':
      return null;
  }
}
