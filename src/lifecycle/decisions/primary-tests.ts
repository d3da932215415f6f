import type { Comparison } from '../../stats/evidence.js';
import { holm } from '../../stats/multiplicity.js';
import type { Look } from '../look.js';
import { metricsOf, treatmentsOf, type PlannedMetric } from '../plan.js';
import type { Reason } from '../state.js';
import { comparisonOf, gainOf, gainsWithin, liftText, threeDigits } from './reading.js';
import type { Situation } from './situation.js';

/** One primary of one treatment. */
export interface PrimaryTest {
  metric: PlannedMetric;
  variant: string;
  p: number;
  /** Point estimate as a gain. */
  gain: number;
  /** The least gain that the test's interval allows, in relative terms. */
  least: number;
}

/** All primaries of all treatments that have not been dropped, tested on one look, together at `alpha`. */
export interface TestFamily {
  look: Look;
  alpha: number;
  method: TestMethod;
  tests: PrimaryTest[];
}

/** Which test of a comparison counts, and where its p-value is in the evidence. */
interface TestMethod {
  quantity: 'sequence.p_value' | 'p_value';
  read(comparison: Comparison): { p: number | null; lower: number | null; upper: number | null };
}

/** Valid at every look. */
const SEQUENCE: TestMethod = {
  quantity: 'sequence.p_value',
  read: ({ sequence }) => ({
    p: sequence.p_value,
    lower: sequence.relative_lower,
    upper: sequence.relative_upper,
  }),
};
/** Valid once, at the horizon. */
const FIXED: TestMethod = {
  quantity: 'p_value',
  read: ({ p_value, relative }) => ({ p: p_value, lower: relative.lower, upper: relative.upper }),
};

export function sequentialTests(situation: Situation): TestFamily {
  return familyOf(situation, situation.look, SEQUENCE, situation.plan.policy.alpha.interim);
}

export function fixedTests(situation: Situation, look: Look): TestFamily {
  return familyOf(situation, look, FIXED, situation.plan.policy.alpha.final);
}

function familyOf(
  { plan, treatments }: Situation,
  look: Look,
  method: TestMethod,
  alpha: number,
): TestFamily {
  const tests = metricsOf(plan, 'primary').flatMap((metric) =>
    treatments.map((variant): PrimaryTest => {
      const comparison = comparisonOf(look, metric.metric_id, variant);
      const { p, lower, upper } = comparison
        ? method.read(comparison)
        : { p: null, lower: null, upper: null };
      return {
        metric,
        variant,
        p: p ?? 1,
        gain: gainOf(metric, comparison?.difference ?? 0),
        least: gainsWithin(metric, lower, upper)[0],
      };
    }),
  );
  return { look, alpha, method, tests };
}

/** Treatments whose primaries are good by the policy's rule, the best one first. */
export function goodArms(situation: Situation, family: TestFamily): string[] {
  const { plan, treatments } = situation;
  const { tests, alpha } = family;
  const rejected = rejectedTests(situation, family);
  const good = treatments.filter((variant) => {
    const own = tests.filter((test) => test.variant === variant);
    if (own.some((test) => test.gain < 0 && test.p <= alpha)) return false;
    return plan.policy.primary === 'any'
      ? own.some((test) => test.gain > 0 && rejected.has(test))
      : // Every primary at full α; with several treatments, those share it.
        own.every((test) => test.gain > 0 && test.p <= alpha / treatmentsOf(plan).length);
  });
  const first = metricsOf(plan, 'primary')[0]!.metric_id;
  const leastGain = (variant: string): number =>
    tests.find((test) => test.variant === variant && test.metric.metric_id === first)!.least;
  return good.sort((a, b) => leastGain(b) - leastGain(a));
}

/** Holm over the whole family of the launch: tests of dropped arms still count, as never rejected. */
export function rejectedTests({ plan }: Situation, { tests, alpha }: TestFamily): Set<PrimaryTest> {
  const size = metricsOf(plan, 'primary').length * treatmentsOf(plan).length;
  const p = [...tests.map((test) => test.p), ...Array<number>(size - tests.length).fill(1)];
  const reject = holm(p, alpha);
  return new Set(tests.filter((_, index) => reject[index]));
}

/** A test as a reason. Its threshold is the whole α, which Holm divides further among the family. */
export function testReason(
  { look, method, alpha }: TestFamily,
  { metric: { metric_id }, variant, p }: PrimaryTest,
  code: string,
): Reason {
  return {
    code,
    text: `${metric_id} of ${variant}: ${liftText(look, metric_id, variant)}, p ${threeDigits(p)}`,
    evidence: [{ quantity: method.quantity, metric_id, variant, value: p, threshold: alpha }],
  };
}
