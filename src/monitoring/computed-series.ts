import type { Aggregator, Metric, Registry } from 'prom-client';

/** One line of a series. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
  /** Where it is not that of the series: `…_bucket`, `…_sum`, `…_count`. */
  metricName?: string;
}

export interface SeriesDescription {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  /** How those of several processes on one port become one. */
  aggregator?: Aggregator;
}

/**
 * A series whose samples are made when somebody asks for them, from what the process counts anyway. So counting costs what an
 * addition costs, and labels that are no longer true leave with what they named.
 */
export function computedSeries(
  registry: Registry,
  { name, help, type, aggregator = 'sum' }: SeriesDescription,
  read: () => Iterable<Sample>,
): void {
  const series = {
    name,
    help,
    type,
    aggregator,
    get: () => Promise.resolve({ name, help, type, aggregator, values: [...read()] }),
    reset: () => undefined,
  };
  // The registry asks its metrics for no more than this, whatever class they are of.
  registry.registerMetric(series as unknown as Metric);
}

/** A gauge of one number, or none: what is not known has no sample, rather than a 0. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  aggregator: Aggregator,
  read: () => number | null | undefined,
): void {
  computedSeries(registry, { name, help, type: 'gauge', aggregator }, () => {
    const value = read();
    return typeof value === 'number' ? [{ labels: {}, value }] : [];
  });
}

/** The samples of numbers by the value of one label. */
export function byLabel(label: string, numbers: Iterable<readonly [value: string, count: number]>): Sample[] {
  return [...numbers].map(([value, count]) => ({ labels: { [label]: value }, value: count }));
}
