import { SUSPECT_P } from '../holds.js';
import type { Look } from '../look.js';
import { metricsOf } from '../plan.js';
import type { Reason } from '../state.js';
import { harmThreshold } from './harm.js';
import {
  fixedTests,
  goodArms,
  rejectedTests,
  sequentialTests,
  testReason,
  type TestFamily,
} from './primary-tests.js';
import { comparisonOf, gainsWithin, percent, threeDigits } from './reading.js';
import { finalLookOf, type Conclusion, type Situation } from './situation.js';

/** A lift that changes from one day's newcomers to the next is no lift to ship: |z| beyond this blocks it. */
const NOVELTY_Z = 2.58;

/** A winner by the confidence sequence, which may be read at every look. */
export function earlyWinner(situation: Situation): Conclusion | null {
  return winner(situation, sequentialTests(situation));
}

/** The fixed test at the horizon, both ways: a winner, or harm in every treatment. */
export function finalTest(situation: Situation): Conclusion | null {
  const family = fixedTests(situation, finalLookOf(situation));
  const good = winner(situation, family);
  if (good) return good;
  const bad = [...rejectedTests(situation, family)].filter((test) => test.gain < 0);
  if (!situation.treatments.every((variant) => bad.some((test) => test.variant === variant))) return null;
  return {
    decision: 'roll_back',
    reasons: bad.map((test) => testReason(family, test, 'primary_harm')),
  };
}

/** The last row: it always matches, and says what kept each treatment from shipping. */
export function inconclusive(situation: Situation): Conclusion {
  const look = finalLookOf(situation);
  return {
    decision: 'inconclusive',
    reasons: [
      { code: 'inconclusive', text: 'at the horizon the evidence decides nothing' },
      ...situation.treatments.flatMap((variant) => shipBlockers(situation, look, variant)),
    ],
  };
}

/** The best treatment that is good by its primaries and that nothing keeps from shipping. */
function winner(situation: Situation, family: TestFamily): Conclusion | null {
  const { look, tests } = family;
  const best = goodArms(situation, family).find(
    (variant) => shipBlockers(situation, look, variant).length === 0,
  );
  if (best === undefined) return null;
  const silent = look.silent_guardrails.map((metric_id) => ({
    code: 'guardrail_without_data',
    text: `${metric_id} had no data and could not object`,
  }));
  return {
    decision: 'winner',
    variant: best,
    reasons: [
      ...tests.filter((test) => test.variant === best).map((test) => testReason(family, test, 'primary')),
      ...hiddenHarms(situation, look, best),
      ...silent,
    ],
  };
}

/** Why a treatment may not ship although its primaries are good; empty where it may. */
function shipBlockers(situation: Situation, look: Look, variant: string): Reason[] {
  return [...unsafeGuardrails(situation, look, variant), ...novelEffects(situation, look, variant)];
}

function unsafeGuardrails({ plan }: Situation, look: Look, variant: string): Reason[] {
  const threshold = harmThreshold(plan);
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) => {
    const guardrail = comparisonOf(look, metric_id, variant)?.guardrail;
    if (plan.policy.guardrails.to_ship === 'non_inferior') {
      return guardrail?.non_inferior
        ? []
        : [{ code: 'not_proven_safe', text: `${metric_id} is not proven to be within its margin` }];
    }
    const harmful = guardrail && (guardrail.log_e_harm ?? -Infinity) >= threshold;
    const suspect = guardrail && guardrail.p_value !== null && guardrail.p_value < SUSPECT_P;
    return harmful || suspect
      ? [{ code: 'guardrail_suspect', text: `${metric_id} looks worse than its margin` }]
      : [];
  });
}

/** Primaries whose lift changes with the day of first exposure: what is seen now may not last. */
function novelEffects({ plan }: Situation, look: Look, variant: string): Reason[] {
  return metricsOf(plan, 'primary').flatMap(({ metric_id }) => {
    const novelty = comparisonOf(look, metric_id, variant)?.novelty;
    if (!novelty || Math.abs(novelty.z) <= NOVELTY_Z) return [];
    const text = `the effect of ${variant} on ${metric_id} changes from day to day (z ${threeDigits(novelty.z)} over ${novelty.days} days)`;
    return [{ code: 'novelty', text }];
  });
}

/** Under `no_harm`: how large a harm each guardrail's data could have hidden. */
function hiddenHarms({ plan }: Situation, look: Look, variant: string): Reason[] {
  if (plan.policy.guardrails.to_ship !== 'no_harm') return [];
  return metricsOf(plan, 'guardrail').flatMap((metric): Reason[] => {
    const { metric_id } = metric;
    const comparison = comparisonOf(look, metric_id, variant);
    if (!comparison?.guardrail) return [];
    const [worst] = gainsWithin(metric, comparison.relative.lower, comparison.relative.upper);
    const { margin } = comparison.guardrail;
    const evidence = [
      {
        quantity: 'relative harm not excluded',
        metric_id,
        variant,
        value: Number.isFinite(worst) ? -worst : null,
        threshold: margin,
      },
    ];
    return [{ code: 'guardrail_limit', text: hiddenHarmText(metric_id, worst, margin), evidence }];
  });
}

function hiddenHarmText(metric_id: string, worst: number, margin: number): string {
  if (!Number.isFinite(worst)) return `${metric_id}: no size of harm is excluded by its data yet`;
  if (worst >= 0) return `${metric_id}: any harm is excluded`;
  return `${metric_id}: harm of up to ${percent(-worst)} is not excluded, its margin is ${percent(margin)}`;
}
