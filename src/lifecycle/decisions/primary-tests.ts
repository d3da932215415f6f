import type { Comparison } from '../../stats/evidence.js';
import { holm } from '../../stats/multiplicity.js';
import type { Look } from '../look.js';
import { metricsOf, treatmentsOf, type PlannedMetric } from '../plan.js';
import type { Reason } from '../state.js';
import {
  comparisonOf,
  gainOf,
  gainsWithin,
  isAnswer,
  liftText,
  threeDigits,
  type TestResult,
} from './reading.js';
import { finalLookOf, type DecisionState, type Situation } from './situation.js';

/** One primary of one treatment. */
export interface PrimaryTest {
  metric: PlannedMetric;
  variant: string;
  /** 1 where there is none. */
  p: number;
  /** Point estimate as a gain; 0 where there is none. */
  gain: number;
  /** The least gain that the test's interval allows, in the metric's unit; −Infinity where it has no limit. */
  least: number;
  /** Whether the look has an answer. Nothing ships while any primary of any treatment has none. */
  known: boolean;
}

/** All primaries of all treatments that have not been dropped, tested on one look, together at `alpha`. */
export interface TestFamily {
  look: Look;
  alpha: number;
  method: TestMethod;
  tests: PrimaryTest[];
}

/** Which test of a comparison counts; its name is where it is in the evidence. */
export interface TestMethod {
  quantity: 'sequence' | 'final' | 'sequence_at_final';
  read(comparison: Comparison): TestResult | undefined;
}

/** Valid at every look. */
const SEQUENCE: TestMethod = { quantity: 'sequence', read: ({ sequence }) => sequence };
/** Valid once, at the horizon that was planned. */
const FINAL: TestMethod = { quantity: 'final', read: ({ final }) => final };
/** Valid at the horizon of an experiment that somebody extended, who may have done so because of what was seen. */
const SEQUENCE_AT_FINAL: TestMethod = {
  quantity: 'sequence_at_final',
  read: ({ sequence_at_final }) => sequence_at_final,
};

export function sequentialTests(situation: Situation): TestFamily {
  return familyOf(situation, situation.look, SEQUENCE, situation.plan.policy.alpha.interim);
}

/** The tests that decide at the horizon, on the look that was frozen there. */
export function finalTests(situation: Situation): TestFamily {
  const { state, plan } = situation;
  return familyOf(situation, finalLookOf(situation), finalMethodOf(state), plan.policy.alpha.final);
}

export function finalMethodOf({ extended_to }: Pick<DecisionState, 'extended_to'>): TestMethod {
  return extended_to === null ? FINAL : SEQUENCE_AT_FINAL;
}

function familyOf(
  { plan, treatments }: Situation,
  look: Look,
  method: TestMethod,
  alpha: number,
): TestFamily {
  const tests = metricsOf(plan, 'primary').flatMap((metric) =>
    treatments.map((variant) =>
      testOf(metric, variant, comparisonOf(look, metric.metric_id, variant), method),
    ),
  );
  return { look, alpha, method, tests };
}

function testOf(
  metric: PlannedMetric,
  variant: string,
  comparison: Comparison | undefined,
  method: TestMethod,
): PrimaryTest {
  const found = comparison && method.read(comparison);
  const difference = comparison?.difference ?? null;
  return {
    metric,
    variant,
    p: found?.p_value ?? 1,
    gain: gainOf(metric, difference ?? 0),
    least: gainsWithin(metric, found?.lower ?? null, found?.upper ?? null)[0],
    known: isAnswer(found, difference),
  };
}

/**
 * Treatments whose primaries are good by the policy's rule, the best one first: by the least gain of the first primary in
 * its own unit, which has an order also where the control is 0 or below. One without a limit comes last.
 */
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
  // −Infinity − −Infinity is no number, so limits are compared and not subtracted.
  return good.sort((a, b) => Number(leastGain(b) > leastGain(a)) - Number(leastGain(a) > leastGain(b)));
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
  const comparison = comparisonOf(look, metric_id, variant);
  const lift = comparison ? liftText(comparison, method.read(comparison)) : 'no relative lift';
  return {
    code,
    text: `${metric_id} of ${variant}: ${lift}, p ${threeDigits(p)}`,
    evidence: [{ quantity: `${method.quantity}.p_value`, metric_id, variant, value: p, threshold: alpha }],
  };
}
