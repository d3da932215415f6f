import { benjaminiHochberg } from '../stats/multiplicity.js';
import type { Look } from './look.js';

/** At most this share of the discoveries are false, on average. */
const FALSE_DISCOVERY_RATE = 0.05;

/** The test of a secondary: a hint for the next experiment, never a reason to ship this one. */
export interface Exploratory {
  metric_id: string;
  variant: string;
  p_value: number;
  discovery: boolean;
}

/**
 * The secondaries of a look, under Benjamini and Hochberg's procedure over all of them together.
 *
 * @param options.at_horizon whether the look is the one at the horizon, where the fixed test is taken, once. At any other
 *   look it is the running p-value of the sequence, because fixed tests that are looked at often find too much
 */
export function exploratoryOf(
  { evidence, running_p }: Pick<Look, 'evidence' | 'running_p'>,
  { at_horizon = false } = {},
): Exploratory[] {
  const tests = evidence.metrics
    .filter((metric) => metric.role === 'secondary')
    .flatMap(({ metric_id, comparisons }) =>
      comparisons.flatMap(({ variant, final }) => {
        const p_value = at_horizon ? final?.p_value : running_p[metric_id]?.[variant];
        return typeof p_value === 'number' ? [{ metric_id, variant, p_value }] : [];
      }),
    );
  const discoveries = benjaminiHochberg(
    tests.map((test) => test.p_value),
    FALSE_DISCOVERY_RATE,
  );
  return tests.map((test, index) => ({ ...test, discovery: discoveries[index]! }));
}
