import { isCountedIn } from '../metrics/counts-alike.js';
import { percentileOfUnits } from '../metrics/percentile-cap.js';
import type { FrozenCap } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import type { Store } from '../store/store.js';

/** The newest ended experiments are asked, until one has measured enough units. */
const EXPERIMENTS = 5;

/** The caps of those metrics that ask for a percentile, read from the controls of ended experiments. */
export async function capsFor(
  { pastExperiments, totals }: Pick<Store, 'pastExperiments' | 'totals'>,
  metrics: readonly Metric[],
): Promise<FrozenCap[]> {
  const caps: FrozenCap[] = [];
  for (const metric of metrics) {
    const { metric_id, cap_percentile: percentile } = metric;
    if (percentile === undefined) continue;
    let found: FrozenCap = { metric_id, percentile, cap: null, source: null };
    for (const past of await pastExperiments.newestWithMetric(metric_id, EXPERIMENTS, {
      state: 'completed',
    })) {
      if (!isCountedIn(past.launch, metric)) continue;
      const read = percentileOfUnits(await totals.of(past._id), past.launch.control, metric_id, percentile);
      if (!read) continue;
      found = { ...found, cap: read.value, source: { experiment_id: past._id, units: read.units } };
      break;
    }
    caps.push(found);
  }
  return caps;
}

/** The metric with the cap that was frozen for it, if there is one. */
export function withCap(metric: Metric, caps: readonly FrozenCap[]): Metric {
  const cap = caps.find(({ metric_id }) => metric_id === metric.metric_id)?.cap;
  return cap === undefined || cap === null ? metric : { ...metric, cap };
}

export interface UncappedWarning {
  code: 'cap_unknown';
  text: string;
}

export function uncappedWarnings(caps: readonly FrozenCap[]): UncappedWarning[] {
  return caps
    .filter(({ cap }) => cap === null)
    .map(({ metric_id, percentile }) => ({
      code: 'cap_unknown',
      text:
        `${metric_id} is not capped: no ended experiment measured enough units to say where the ` +
        `${percentile}th percentile lies; a few extreme units may hide an effect`,
    }));
}
