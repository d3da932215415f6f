import { shipHoldsOf } from '../doubts.js';
import {
  blindMetrics,
  blindText,
  harmThreshold,
  isExcused,
  suspectThreshold,
  type BlindMetric,
} from '../guardrails.js';
import type { Look } from '../look.js';
import { metricsOf, type Plan, type PlannedMetric } from '../plan.js';
import type { Reason } from '../state.js';
import {
  finalTests,
  goodArms,
  rejectedTests,
  sequentialTests,
  testReason,
  type TestFamily,
  type TestMethod,
} from './primary-tests.js';
import { comparisonOf, gainsWithin, percent, threeDigits } from './reading.js';
import type { Conclusion, Situation } from './situation.js';

/** A lift that changes from one day's newcomers to the next is no lift to ship: |z| beyond this blocks it. */
const NOVELTY_Z = 2.58;

/** A winner by the confidence sequence, which may be read at every look. */
export function earlyWinner(situation: Situation): Conclusion | null {
  return winner(situation, sequentialTests(situation));
}

/** The test that decides at the horizon, both ways: a winner, or harm in every treatment. */
export function finalTest(situation: Situation): Conclusion | null {
  const family = finalTests(situation);
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
  const family = finalTests(situation);
  return {
    decision: 'inconclusive',
    reasons: [
      { code: 'inconclusive', text: 'at the horizon the evidence decides nothing' },
      ...unknownPrimaries(situation, family),
      ...situation.treatments.flatMap((variant) => shipBlockers(situation, family.look, variant)),
    ],
  };
}

/**
 * The best treatment that is good by its primaries and that nothing keeps from shipping. None is the best while another
 * one is unknown or in doubt.
 */
function winner(situation: Situation, family: TestFamily): Conclusion | null {
  if (shipHoldsOf(situation).length > 0 || unknownPrimaries(situation, family).length > 0) return null;
  const best = goodArms(situation, family).find(
    (variant) => shipBlockers(situation, family.look, variant).length === 0,
  );
  if (best === undefined) return null;
  return {
    decision: 'winner',
    variant: best,
    reasons: [
      ...family.tests
        .filter((test) => test.variant === best)
        .map((test) => testReason(family, test, 'primary')),
      ...hiddenHarms(situation, family.method, best),
      ...excusedGuardrails(situation, best),
      ...unseenNovelty(situation, family.look, best),
    ],
  };
}

/** Primaries without an answer, by the test that decides or by the present sequence: there row 3 could not object. */
export function unknownPrimaries(situation: Situation, family: TestFamily): Reason[] {
  const now = sequentialTests(situation);
  return family.tests
    .filter((test, index) => !test.known || !now.tests[index]!.known)
    .map(({ metric: { metric_id }, variant }) => ({
      code: 'primary_unknown',
      text: `nothing is known of ${metric_id} of ${variant}`,
    }));
}

/**
 * Why a treatment may not ship although its primaries are good; empty where it may.
 *
 * @param tested the look that the primaries were tested on. Guardrails are always those of the present look: their
 *   e-values hold at every look, and what they say now counts, also where the primaries were tested before a hold
 */
export function shipBlockers(situation: Situation, tested: Look, variant: string): Reason[] {
  return [...unfitGuardrails(situation, variant), ...novelEffects(situation, tested, variant)];
}

function unfitGuardrails(situation: Situation, variant: string): Reason[] {
  const { plan, state, look } = situation;
  const blind = blindOf(situation, variant)
    .filter((one) => !isExcused(plan, state, one))
    .map((one) => ({ code: 'guardrail_blind', text: blindText(one) }));
  const unsafe = metricsOf(plan, 'guardrail').flatMap(({ metric_id }): Reason[] => {
    const guardrail = comparisonOf(look, metric_id, variant)?.guardrail;
    if (plan.policy.guardrails.to_ship === 'non_inferior') {
      return guardrail?.non_inferior
        ? []
        : [{ code: 'not_proven_safe', text: `${metric_id} is not proven to be within its margin` }];
    }
    // Nulls here say nothing against shipping, and nothing for it: the guardrail is blind then, or the arms are alike.
    const isHarmful = (guardrail?.log_e_harm ?? -Infinity) >= harmThreshold(plan, look.epoch);
    const isSuspect = (guardrail?.p_value ?? 1) < suspectThreshold(plan);
    return isHarmful || isSuspect
      ? [{ code: 'guardrail_suspect', text: `${metric_id} looks worse than its margin` }]
      : [];
  });
  return [...blind, ...unsafe];
}

function blindOf({ plan, state, look }: Situation, variant: string): BlindMetric[] {
  return blindMetrics(plan, state, look).filter((one) => one.variant === variant);
}

function excusedGuardrails(situation: Situation, variant: string): Reason[] {
  return blindOf(situation, variant).map((one) => ({
    code: 'guardrail_without_data',
    text: blindText(one),
  }));
}

/**
 * Primaries whose lift changes with the day of first exposure: what is seen now may not last. Only those with a window
 * are asked: without one, the units of the first days have had longer to show a lift than those of the last. No answer
 * at all blocks like a bad one; `null` is an answer, see `unseenNovelty`.
 */
function novelEffects({ plan }: Situation, look: Look, variant: string): Reason[] {
  return windowed(plan).flatMap(({ metric_id }) => {
    const novelty = comparisonOf(look, metric_id, variant)?.novelty;
    if (novelty === null) return [];
    const isSteady = typeof novelty?.z === 'number' && Math.abs(novelty.z) <= NOVELTY_Z;
    if (isSteady) return [];
    const change = novelty ? ` (z ${novelty.z && threeDigits(novelty.z)} over ${novelty.days} days)` : '';
    const text = novelty
      ? `the effect of ${variant} on ${metric_id} changes from day to day${change}`
      : `whether the effect of ${variant} on ${metric_id} lasts is not known`;
    return [{ code: 'novelty', text }];
  });
}

/**
 * `null` means that fewer than three days have enough units for a slope. That keeps nothing from shipping, because small
 * sites would never ship; the decision says it.
 */
function unseenNovelty({ plan }: Situation, look: Look, variant: string): Reason[] {
  return windowed(plan)
    .filter(({ metric_id }) => comparisonOf(look, metric_id, variant)?.novelty === null)
    .map(({ metric_id }) => ({
      code: 'novelty_unseen',
      text: `${metric_id}: too few units a day to see whether the effect lasts`,
    }));
}

function windowed(plan: Plan): PlannedMetric[] {
  return metricsOf(plan, 'primary').filter(({ window }) => window !== undefined);
}

/** Under `no_harm`: how large a harm each guardrail's data could have hidden, by the interval that holds at this look. */
function hiddenHarms({ plan, look }: Situation, method: TestMethod, variant: string): Reason[] {
  if (plan.policy.guardrails.to_ship !== 'no_harm') return [];
  return metricsOf(plan, 'guardrail').flatMap((metric): Reason[] => {
    const { metric_id } = metric;
    const comparison = comparisonOf(look, metric_id, variant);
    if (!comparison?.guardrail) return [];
    const limits = method.read(comparison);
    const [worst] = gainsWithin(metric, limits?.relative_lower ?? null, limits?.relative_upper ?? null);
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
