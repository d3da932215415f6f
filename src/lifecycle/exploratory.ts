import type { Evidence } from '../stats/evidence.js';
import { benjaminiHochberg } from '../stats/multiplicity.js';

/** At most this share of the discoveries are false, on average. */
const FALSE_DISCOVERY_RATE = 0.05;

/** The fixed test of a secondary: a hint for the next experiment, never a reason to ship this one. */
export interface Exploratory {
  metric_id: string;
  variant: string;
  p_value: number;
  discovery: boolean;
}

/** The secondaries of a look, under Benjamini and Hochberg's procedure over all of them together. */
export function exploratoryOf({ metrics }: Evidence): Exploratory[] {
  const tests = metrics
    .filter((metric) => metric.role === 'secondary')
    .flatMap(({ metric_id, comparisons }) =>
      comparisons.flatMap(({ variant, p_value }) =>
        p_value === null ? [] : [{ metric_id, variant, p_value }],
      ),
    );
  const discoveries = benjaminiHochberg(
    tests.map((test) => test.p_value),
    FALSE_DISCOVERY_RATE,
  );
  return tests.map((test, index) => ({ ...test, discovery: discoveries[index]! }));
}
