import type { Json } from '../../model/json.js';
import { asText, isObject, type Fields } from '../fields.js';
import { malformed } from '../migration-errors.js';
import { memberPath } from '../source-path.js';
import { IGNORED } from './ignored-fields.js';

/** From and to, within 0 and 1. */
export type Range = readonly [from: number, to: number];

/** The ranges of an experiment's variations by its `weights`; coverage cuts the end of each off. */
export function variationRanges(rule: Fields, count: number, coverage: number): Range[] {
  const given = rule.json('weights');
  const isValid =
    Array.isArray(given) &&
    given.length === count &&
    given.every((weight) => typeof weight === 'number') &&
    Math.abs(given.reduce((sum, weight) => sum + weight, 0) - 1) <= 0.01;
  if (given !== undefined && given !== null && !isValid) {
    rule.ledger.changed(
      rule.at('weights'),
      'are not one per variation, adding up to 1: equal weights are used, as GrowthBook does',
    );
  }
  const weights = isValid ? given : Array.from({ length: count }, () => 1 / count);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let start = 0;
  return weights.map((weight) => {
    const from = start / total;
    start += weight;
    return [from, from + (weight / total) * Math.min(1, Math.max(0, coverage))] as const;
  });
}

export function rangeOf(range: Json, path: string): Range {
  const [from, to] = Array.isArray(range) ? range : [];
  if (typeof from !== 'number' || typeof to !== 'number')
    throw malformed(path, 'must be a list of two numbers');
  return [Math.max(0, from), Math.min(1, to)];
}

/** The share of units that the rule's namespaces admit. The share stays, but not the mutual exclusion. */
export function namespaceShare(rule: Fields): number {
  const { ledger } = rule;
  let share = 1;
  const filters = rule.objects('filters');
  for (const filter of filters) {
    const ranges = filter.json('ranges');
    if (!Array.isArray(ranges)) throw malformed(filter.at('ranges'), 'must be a list of ranges');
    const parts = ranges.map((range, index) => rangeOf(range, memberPath(filter.at('ranges'), index)));
    share *= parts.reduce((sum, [from, to]) => sum + to - from, 0);
    ledger.changed(filter.path, noExclusion(filter.string('seed') ?? ''));
    filter.close(IGNORED.filter);
  }
  const namespace = rule.json('namespace') ?? null;
  if (namespace === null) return share;
  const [name, ...range] = Array.isArray(namespace)
    ? namespace
    : namespaceEntries(namespace, rule.at('namespace'));
  if (name === undefined) return share;
  const [from, to] = rangeOf(range, rule.at('namespace'));
  ledger.changed(rule.at('namespace'), noExclusion(asText(name)));
  // To GrowthBook, filters replace the namespace.
  return filters.length > 0 ? share : share * Math.max(0, to - from);
}

/** `{enabled, name, range}`, as the REST API writes it, as the list `[name, from, to]`; empty where it is disabled. */
function namespaceEntries(namespace: Json, path: string): Json[] {
  if (!isObject(namespace)) throw malformed(path, 'must be a list or an object');
  const { enabled, name, range } = namespace;
  if (enabled === false) return [];
  return [name ?? '', ...(Array.isArray(range) ? range : [])];
}

function noExclusion(name: string): string {
  return `the share of the namespace ${name} stays, but its experiments no longer exclude each other: use a layer`;
}
