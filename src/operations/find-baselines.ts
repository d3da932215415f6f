import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { MetricInput } from '../stats/input.js';
import type { Store } from '../store/store.js';

/** The baselines of these metrics in the controls of the newest experiments. A metric without a recorded one is absent. */
export async function historyOf(
  store: Store,
  metric_ids: readonly string[],
): Promise<Record<string, Baseline>> {
  const found: Record<string, Baseline> = {};
  for (const metric_id of metric_ids) {
    const experiment = await store.experiments.newestWithMetric(metric_id);
    const snapshot = experiment && (await store.snapshots.latest(experiment._id));
    const metric = snapshot?.input.metrics.find((measured) => measured.metric_id === metric_id);
    const baseline = snapshot && metric && baselineOf(metric, snapshot.input.control);
    if (baseline) found[metric_id] = baseline;
  }
  return found;
}

/** A control with fewer units says too little about the next experiment. */
const FEWEST_UNITS = 100;

function baselineOf({ kind, arms, scale = 1 }: MetricInput, control: string): Baseline | null {
  const names = ['n', ...Object.keys(KINDS[kind].estimator.sums)];
  const numbers = names.map((name): [string, number] => [name, Number(arms[control]?.[name] ?? 0)]);
  const arm = Object.fromEntries(numbers) as Record<string, number>;
  return arm['n']! < FEWEST_UNITS ? null : KINDS[kind].baseline(arm, scale);
}
