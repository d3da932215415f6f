import type { Aggregate, KindField, MetricKind } from '../../../../src/model/metric.js';

export type Definition = Record<string, unknown>;

/** The fields that only some kinds have, as the API takes them. */
export const FIELDS_OF: Record<MetricKind, readonly KindField[]> = {
  proportion: [],
  error_rate: [],
  mean: ['aggregate', 'value', 'cap'],
  ratio: ['denominator_event', 'aggregate', 'value', 'cap'],
  quantile: ['quantile', 'value'],
};

export const KIND_TEXTS: Record<MetricKind, string> = {
  proportion: 'Share of units with an event',
  mean: 'Mean over units',
  ratio: 'Ratio of two sums',
  quantile: 'Quantile of all values',
  error_rate: 'Share of units with an error',
};

export const AGGREGATE_TEXTS: Record<Aggregate, string> = {
  sum: 'the sum of their values',
  count: 'how many there are',
  max: 'the greatest value',
  last: 'the last value',
};

export function kindOf({ kind }: Definition): MetricKind {
  return typeof kind === 'string' && kind in FIELDS_OF ? (kind as MetricKind) : 'proportion';
}

/** The definition with this field; without it where the value is undefined or empty. */
export function withField(metric: Definition, field: string, value: unknown): Definition {
  if (value !== undefined && value !== '') return { ...metric, [field]: value };
  return Object.fromEntries(Object.entries(metric).filter(([name]) => name !== field));
}

/** The definition as one of another kind: without what that kind lacks, and with what it needs. */
export function ofKind(metric: Definition, kind: MetricKind): Definition {
  const fields = FIELDS_OF[kind];
  const lost = Object.values(FIELDS_OF)
    .flat()
    .filter((field) => !fields.includes(field));
  const kept = lost.reduce<Definition>((one, field) => withField(one, field, undefined), { ...metric, kind });
  if (kind === 'quantile') return { quantile: 0.95, ...kept };
  if (kind === 'ratio') return withoutNeedless({ denominator_event: metric['event'] ?? '', ...kept });
  return kept;
}

/** Whether its events are only counted: then no property is its number. */
export function isCounted(metric: Definition): boolean {
  const kind = kindOf(metric);
  const aggregate = metric['aggregate'] ?? (kind === 'ratio' ? 'count' : 'sum');
  return kind === 'proportion' || kind === 'error_rate' || (kind !== 'quantile' && aggregate === 'count');
}

/** What a metric becomes where its events are put together in another way: what is only counted has no value. */
export function withAggregate(metric: Definition, aggregate: string): Definition {
  return withoutNeedless(withField(metric, 'aggregate', aggregate));
}

function withoutNeedless(metric: Definition): Definition {
  return isCounted(metric) ? withField(metric, 'value', undefined) : metric;
}
