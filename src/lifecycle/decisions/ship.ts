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
import {
  comparisonOf,
  gainsWithin,
  guardrailGroups,
  inSegment,
  percent,
  segmentsOf,
  threeDigits,
} from './reading.js';
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
      ...unseenSegments(situation, best),
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
  const mustBeSafe = plan.policy.guardrails.to_ship === 'non_inferior';
  const unsafe = metricsOf(plan, 'guardrail').flatMap(({ metric_id }): Reason[] => {
    const isSafe = comparisonOf(look, metric_id, variant)?.guardrail?.non_inferior === true;
    const suspects = suspectGroups(situation, metric_id, variant);
    if (!mustBeSafe) return suspects;
    // Safety is proven of all units together. A segment may still object.
    const inSegments = suspects.filter(({ segment }) => segment !== null);
    const unproven = { code: 'not_proven_safe', text: `${metric_id} is not proven to be within its margin` };
    return isSafe ? inSegments : [unproven, ...inSegments];
  });
  return [...blind, ...unsafe.map(({ code, text }) => ({ code, text }))];
}

/** The groups of units in which a guardrail looks harmful: in all of them, or in a segment. */
function suspectGroups(
  { plan, look }: Situation,
  metric_id: string,
  variant: string,
): (Reason & { segment: string | null })[] {
  const [harm, suspicion] = [harmThreshold(plan, look.epoch), suspectThreshold(plan)];
  return guardrailGroups(plan, look, metric_id, variant).flatMap(({ segment, log_e_harm, p_value }) => {
    // Nulls here say nothing against shipping, and nothing for it: the guardrail is blind then, or the arms are alike.
    if ((log_e_harm ?? -Infinity) < harm && (p_value ?? 1) >= suspicion) return [];
    const text = `${metric_id}${inSegment(segment)} looks worse than its margin`;
    return [{ code: 'guardrail_suspect', text, segment }];
  });
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
 * Segments of which nothing can be said, because nobody told of units in them. That keeps nothing from shipping: the
 * guardrails of all units together have seen those units, too. The decision says it.
 */
function unseenSegments({ plan, look }: Situation, variant: string): Reason[] {
  const known = segmentsOf(plan, look);
  return (plan.segments ?? []).flatMap((name): Reason[] => {
    const units = known.find(({ segment }) => segment === name)?.units;
    const empty = [plan.control, variant].filter((arm) => (units?.[arm] ?? 0) === 0);
    if (empty.length === 0) return [];
    const text = `no guardrail could object in segment ${name}: it has no units in ${empty.join(' and ')}`;
    return [{ code: 'segment_unseen', text }];
  });
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
