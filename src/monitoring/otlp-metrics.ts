import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';

type Series = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];
/** The declarations of prom-client lack what its histograms have. */
interface Sample {
  value: number;
  labels: Record<string, string | number>;
  metricName?: string;
}

/** Prometheus' series as OpenTelemetry's metrics, under the same names: whoever has both sees the same numbers. */
export async function otlpMetrics(
  registry: Registry,
  startTime: HrTime,
  endTime: HrTime,
): Promise<MetricData[]> {
  const all = await registry.getMetricsAsJSON();
  return all.flatMap((series) => {
    const metric = metricOf(series, { startTime, endTime });
    return metric ? [metric] : [];
  });
}

interface Interval {
  startTime: HrTime;
  endTime: HrTime;
}

function metricOf(series: Series, interval: Interval): MetricData | null {
  const { name, help } = series;
  // The type is a word here, which the declarations of prom-client call a number.
  const type = series.type as unknown as string;
  const samples = (series as unknown as { values: Sample[] }).values;
  if (samples.length === 0) return null;
  const descriptor = { name, description: help, unit: '', valueType: ValueType.DOUBLE };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (type === 'histogram')
    return {
      ...common,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: histogramsIn(name, samples, interval),
    };
  const dataPoints = samples.map(({ labels, value }) => ({
    ...interval,
    attributes: attributesOf(labels),
    value,
  }));
  if (type === 'counter')
    return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
  return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

type HistogramMetric = Extract<MetricData, { dataPointType: DataPointType.HISTOGRAM }>;

/** One for each set of labels. Prometheus' buckets count those below them, too; OpenTelemetry's do not. */
function histogramsIn(
  name: string,
  samples: readonly Sample[],
  interval: Interval,
): HistogramMetric['dataPoints'] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].map((group) => {
    const { le: _, ...labels } = group[0]!.labels;
    const buckets = group.filter(({ metricName }) => metricName === `${name}_bucket`);
    const valueOf = (ending: string): number =>
      group.find(({ metricName }) => metricName === `${name}_${ending}`)?.value ?? 0;
    return {
      ...interval,
      attributes: attributesOf(labels),
      value: {
        buckets: {
          boundaries: buckets
            .map(({ labels: { le } }) => Number(le))
            .filter((bound) => Number.isFinite(bound)),
          counts: buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0)),
        },
        sum: valueOf('sum'),
        count: valueOf('count'),
      },
    };
  });
}

function attributesOf(labels: Readonly<Record<string, string | number>>): Attributes {
  return { ...labels };
}
