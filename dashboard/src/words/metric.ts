import type { Metric } from '../api/library.js';
import { saidConditions, type Said } from './conditions.js';
import { percent, quantity } from './format.js';
import { durationText } from './duration-text.js';

type Written = Omit<Metric, 'built_in'>;

/** What a metric is, in one sentence. */
export function metricSentence(metric: Written): string {
  const { event, denominator_event, quantile, unit, kind } = metric;
  const made = {
    ...{ sum: 'the sum of the values of', count: 'the number of' },
    ...{ max: 'the greatest value of', last: 'the last value of' },
  };
  const perUnit = made[metric.aggregate ?? (kind === 'ratio' ? 'count' : 'sum')];
  switch (kind) {
    case 'proportion':
      return `The share of units with at least one ${event} event.`;
    case 'error_rate':
      return `The share of units with at least one ${event} event, tested exactly from the first unit on.`;
    case 'mean':
      return `The mean over units of ${perUnit} their ${event} events${unit === undefined ? '' : `, in ${unit}`}.`;
    case 'ratio':
      return `Of all units together: ${perUnit} ${event} events, divided by the number of ${denominator_event ?? event} events.`;
    case 'quantile':
      return `The value that ${percent(Math.round((quantile ?? 0) * 1e4) / 100)} of ${event} events stay below${unit === undefined ? '' : `, in ${unit}`}.`;
  }
}

/** Everything else that matters of a metric, as name and sentence. */
export function metricFacts(metric: Written): [name: string, text: string][] {
  const { direction, window, delay, cap, scale, value, personal_properties } = metric;
  const said = saidConditions(metric.where ?? {});
  return [
    ['Better is', direction === 'increase' ? 'more' : 'less'],
    ...(said.length > 0 ? [['Only where', said.map(saidText).join('; ')] as [string, string]] : []),
    ...(value !== undefined ? [['The number', `the property ${value}`] as [string, string]] : []),
    ['Counted', countedText(window, delay)],
    ['Cap', capText(cap, metric.unit)],
    ...(scale === undefined
      ? []
      : [
          ['Kept to', scale === 1 ? 'whole numbers' : `1/${quantity(scale)} of the unit`] as [string, string],
        ]),
    ...(personal_properties !== undefined
      ? [['Kept although personal', personal_properties.join(', ')] as [string, string]]
      : []),
  ];
}

function saidText({ text, parts }: Said): string {
  return parts.length === 0 ? text : `${text} (${parts.map(saidText).join('; ')})`;
}

function countedText(window: string | undefined, delay: string | undefined): string {
  const from = delay === undefined ? 'the first exposure' : `${durationText(delay)} after the first exposure`;
  if (window === undefined) return `from ${from} on; a unit counts at once`;
  return `from ${from} until ${durationText(window)} after it; a unit counts once that has passed`;
}

function capText(cap: Metric['cap'], unit: string | undefined): string {
  if (cap === undefined) return 'none';
  if (typeof cap === 'number')
    return `a unit counts for at most ${quantity(cap)}${unit === undefined ? '' : ` ${unit}`}`;
  return `at the ${cap.percentile}th percentile of units, which each start freezes from what an earlier experiment measured`;
}
