import { alike } from './alike.js';
import type { Evidence } from '../../../src/stats/evidence.js';

/** So many are told; the others are counted. */
const MOST = 8;

/** Where two evidences differ, each as a sentence. */
export function differencesIn(stated: Evidence | null, computed: Evidence): string[] {
  if (stated === null) return ['the certificate has no evidence, and the sums give some'];
  const found = [...valuesOf('the shares of the arms', computed.srm, stated.srm)];
  for (const { metric_id, comparisons } of computed.metrics) {
    const other = stated.metrics.find((metric) => metric.metric_id === metric_id);
    for (const comparison of comparisons) {
      const { variant } = comparison;
      const own = other?.comparisons.find((one) => one.variant === variant);
      const name = `${metric_id} of ${variant}`;
      if (own) found.push(...valuesOf(name, comparison, own));
      else found.push(`${name} is missing from the certificate`);
    }
  }
  const more = found.length - MOST;
  return more > 0 ? [...found.slice(0, MOST), `and ${more} more numbers`] : found;
}

/** Every value that differs, by its path. */
function valuesOf(name: string, computed: unknown, stated: unknown, path: readonly string[] = []): string[] {
  if (isObject(computed) || isObject(stated)) {
    const [a, b] = [isObject(computed) ? computed : {}, isObject(stated) ? stated : {}];
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => valuesOf(name, a[key], b[key], [...path, key]));
  }
  if (alike(computed, stated)) return [];
  const [given, said] = [plain(computed), plain(stated)];
  if (given === said) return [];
  return [`${name}: ${path.join(' ').replaceAll('_', ' ')} is ${said} here, and the sums give ${given}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** As JSON has it: the certificate came as such. */
function plain(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
