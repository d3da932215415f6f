import type { SeriesLook, SnapshotMoment } from '../store/snapshots.js';
import type { Store } from '../store/store.js';

type Maybe = number | null;

/** How one metric of one treatment went: a value for each look. */
export interface MetricSeries {
  metric_id: string;
  variant: string;
  lift: Maybe[];
  lower: Maybe[];
  upper: Maybe[];
  difference: Maybe[];
  difference_lower: Maybe[];
  difference_upper: Maybe[];
  log_e_harm: Maybe[];
}

export interface ShownLooks {
  /** How many looks are kept. */
  looks_in_all: number;
  /** `n` is the number among all that are kept, from 1. */
  looks: { n: number; snapshot_id: string; at: number; look: SeriesLook }[];
  series: MetricSeries[];
}

/**
 * The looks of an experiment, evenly chosen where there are more than `points`: the first and last of each epoch and
 * allocation are always among them, so that no step of the ramp is lost.
 */
export async function seriesOf(store: Store, experiment_id: string, points: number): Promise<ShownLooks> {
  const moments = await store.snapshots.moments(experiment_id);
  const chosen = chosenOf(moments, points);
  const found = await store.snapshots.forSeries(chosen.map(({ _id }) => _id));
  const numbers = new Map(moments.map(({ _id }, index) => [_id, index + 1]));
  const looks = found.map(({ _id, at, look }) => ({ n: numbers.get(_id)!, snapshot_id: _id, at, look }));
  return { looks_in_all: moments.length, looks, series: metricSeries(looks.map(({ look }) => look)) };
}

/** At most `points` of them, and the first and last of each allocation. */
export function chosenOf(moments: readonly SnapshotMoment[], points: number): SnapshotMoment[] {
  if (moments.length <= points) return [...moments];
  const every = (moments.length - 1) / (points - 1);
  const even = new Set(Array.from({ length: points }, (_, index) => Math.round(index * every)));
  return moments.filter(
    (one, index) => even.has(index) || isEdge(one, moments[index - 1]) || isEdge(one, moments[index + 1]),
  );
}

function isEdge({ revision, epoch }: SnapshotMoment, other: SnapshotMoment | undefined): boolean {
  return other === undefined || other.revision !== revision || other.epoch !== epoch;
}

function metricSeries(looks: readonly SeriesLook[]): MetricSeries[] {
  const series = new Map<string, MetricSeries>();
  for (const [index, { evidence }] of looks.entries()) {
    for (const { metric_id, comparisons } of evidence.metrics) {
      for (const { variant, relative, sequence, difference, guardrail } of comparisons) {
        const one = seriesFor(series, metric_id, variant, looks.length);
        one.lift[index] = relative.lift;
        one.lower[index] = sequence.relative_lower;
        one.upper[index] = sequence.relative_upper;
        one.difference[index] = difference;
        one.difference_lower[index] = sequence.lower;
        one.difference_upper[index] = sequence.upper;
        one.log_e_harm[index] = guardrail?.log_e_harm ?? null;
      }
    }
  }
  return [...series.values()];
}

function seriesFor(
  series: Map<string, MetricSeries>,
  metric_id: string,
  variant: string,
  length: number,
): MetricSeries {
  const key = `${metric_id}\n${variant}`;
  const known = series.get(key);
  if (known) return known;
  const nothing = (): Maybe[] => Array<Maybe>(length).fill(null);
  const one: MetricSeries = {
    metric_id,
    variant,
    lift: nothing(),
    lower: nothing(),
    upper: nothing(),
    difference: nothing(),
    difference_lower: nothing(),
    difference_upper: nothing(),
    log_e_harm: nothing(),
  };
  series.set(key, one);
  return one;
}
