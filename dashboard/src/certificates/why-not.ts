import { UNITS_FOR_HARM } from '../../../src/lifecycle/decisions/harm.js';
import {
  finalMethodOf,
  finalTests,
  goodArms,
  sequentialTests,
  type TestFamily,
} from '../../../src/lifecycle/decisions/primary-tests.js';
import { missingForStep } from '../../../src/lifecycle/decisions/ramp.js';
import {
  comparisonOf,
  gainsWithin,
  guardrailGroups,
  inSegment,
  unitsOf,
} from '../../../src/lifecycle/decisions/reading.js';
import type { RowName } from '../../../src/lifecycle/decisions/rows.js';
import { shipBlockers, unknownPrimaries } from '../../../src/lifecycle/decisions/ship.js';
import { finalLookOf, type Situation } from '../../../src/lifecycle/decisions/situation.js';
import { shipHoldsOf } from '../../../src/lifecycle/doubts.js';
import { remaining } from '../../../src/lifecycle/dwell.js';
import { harmThreshold } from '../../../src/lifecycle/guardrails.js';
import { holdsOfRamp } from '../../../src/lifecycle/holds.js';
import { metricsOf } from '../../../src/lifecycle/plan.js';
import { HOLDS } from '../words/codes.js';
import { count, duration, evidence, lift, pValue } from '../words/format.js';
import { shortTime } from '../words/times.js';

/** What is so instead, of each row that was tried and did not match. */
export const WHY_NOT: Record<RowName, (situation: Situation) => string> = {
  stop: () => 'nobody stopped it',
  guardrail_harm: nearestHarm,
  primary_harm: bestOfTheWorst,
  untrusted_data: ({ holds, now, plan }) => {
    const broken = holds.find(({ code }) => code === 'srm' || code === 'crossover');
    if (!broken) return 'no such hold';
    return `held for ${duration(now - broken.since)} of ${duration(plan.policy.srm.grace)}`;
  },
  max_duration: ({ plan, now }) => {
    const end = plan.start_at + plan.policy.max_duration + plan.policy.approval_timeout;
    return `not before ${shortTime(end, now)}`;
  },
  ramp_step: whyNoStep,
  too_early: ({ atHorizon }) => (atHorizon ? 'at the horizon' : 'ramp and minimum duration are over'),
  too_few_units: ({ plan, look, treatments }) =>
    `${count(Math.min(...[plan.control, ...treatments].map((variant) => unitsOf(look, variant))))} at least`,
  held: () => 'nothing holds it',
  early_winner: (situation) => whyNoWinner(situation, sequentialTests(situation)),
  futility: farthestReach,
  before_horizon: () => 'at the horizon, all events folded',
  final_test: (situation) => whyNoWinner(situation, finalTests(situation)),
  equivalence: widestInterval,
  inconclusive: () => '',
};

interface Named {
  metric_id: string;
  variant: string;
}

function pairs({ plan, treatments }: Situation, role: 'primary' | 'guardrail') {
  return metricsOf(plan, role).flatMap((metric) => treatments.map((variant) => ({ metric, variant })));
}

function nameOf({ metric_id, variant }: Named): string {
  return `${metric_id} of ${variant}`;
}

function nearestHarm(situation: Situation): string {
  const { plan, look } = situation;
  const seen = pairs(situation, 'guardrail').flatMap(({ metric: { metric_id }, variant }) => {
    return guardrailGroups(plan, look, metric_id, variant).flatMap(({ segment, log_e_harm }) =>
      typeof log_e_harm === 'number' ? [{ metric_id, variant, segment, log_e: log_e_harm }] : [],
    );
  });
  if (metricsOf(plan, 'guardrail').length === 0) return 'it has no guardrail';
  if (seen.length === 0) return 'no guardrail can be seen';
  const nearest = seen.reduce((a, b) => (b.log_e > a.log_e ? b : a));
  const threshold = Math.ceil(Math.exp(harmThreshold(plan, look.epoch)));
  return `${nameOf(nearest)}${inSegment(nearest.segment)}: ${evidence(nearest.log_e)} of ${count(threshold)}`;
}

/** The primary that is nearest to certain harm: how good it may still be. */
function bestOfTheWorst(situation: Situation): string {
  const { plan, look } = situation;
  const reaches = pairs(situation, 'primary').flatMap(({ metric, variant }) => {
    const comparison = comparisonOf(look, metric.metric_id, variant);
    // Where there are segments, harm is proven by the wider one. Of all units: segments have no relative limits here.
    const sequence = comparison?.sequence_of_harm ?? comparison?.sequence;
    const units = Math.min(unitsOf(look, plan.control), unitsOf(look, variant));
    if (!sequence || units < UNITS_FOR_HARM) return [];
    const [, greatest] = gainsWithin(metric, sequence.relative_lower, sequence.relative_upper);
    return [{ metric_id: metric.metric_id, variant, greatest }];
  });
  if (reaches.length === 0) return `fewer than ${UNITS_FOR_HARM} units in an arm`;
  const worst = reaches.reduce((a, b) => (b.greatest < a.greatest ? b : a));
  return `${nameOf(worst)} ${mayGain(worst.greatest)}`;
}

function mayGain(greatest: number): string {
  return Number.isFinite(greatest) ? `may be ${lift(greatest)} better` : 'has no limit yet';
}

function whyNoStep(situation: Situation): string {
  const { state, holds, atHorizon, now } = situation;
  const { phase } = state;
  if (phase.state !== 'ramping') return 'the ramp is over';
  if (atHorizon) return 'at the horizon';
  const [hold] = holdsOfRamp(holds);
  if (hold) return `held: ${HOLDS[hold.code].text}`;
  if (state.paused) return 'paused';
  const left = remaining(phase.dwell, now);
  if (left > 0) return `${duration(left)} of this step left`;
  return missingForStep(situation)
    .map(({ text }) => text)
    .join('; ');
}

function whyNoWinner(situation: Situation, family: TestFamily): string {
  const [hold] = shipHoldsOf(situation);
  if (hold) return `held: ${HOLDS[hold.code].text}`;
  const [unknown] = unknownPrimaries(situation, family);
  if (unknown) return unknown.text;
  const good = goodArms(situation, family);
  const [best] = good;
  if (best !== undefined) {
    const [blocker] = shipBlockers(situation, family.look, best);
    return `${best} is good, but ${blocker?.text ?? 'not fit to ship'}`;
  }
  if (family.tests.length === 0) return 'nothing to test';
  const nearest = family.tests.reduce((a, b) => (b.p < a.p ? b : a));
  const name = nameOf({ metric_id: nearest.metric.metric_id, variant: nearest.variant });
  if (nearest.gain < 0) return `${name} is worse: p ${pValue(nearest.p)}`;
  const tests = metricsOf(situation.plan, 'primary').length * (situation.plan.arms.length - 1);
  const shared = tests > 1 ? `, shared by ${tests} tests` : '';
  return `${name}: p ${pValue(nearest.p)}, needs ${family.alpha}${shared}`;
}

function farthestReach(situation: Situation): string {
  const { look, plan } = situation;
  const reaches = pairs(situation, 'primary').map(({ metric, variant }) => {
    const { metric_id } = metric;
    const limits = look.limits_at_full_alpha.find(
      (one) => one.metric_id === metric_id && one.variant === variant,
    );
    const greatest = limits ? gainsWithin(metric, limits.relative_lower, limits.relative_upper)[1] : Infinity;
    return { metric_id, variant, greatest };
  });
  if (reaches.length === 0) return 'nothing is compared';
  const farthest = reaches.reduce((a, b) => (b.greatest > a.greatest ? b : a));
  const reach = Number.isFinite(farthest.greatest)
    ? `reaches ${lift(farthest.greatest)}`
    : 'has no limit yet';
  return farthest.greatest < plan.policy.mde ? '' : `${nameOf(farthest)} ${reach}`;
}

function widestInterval(situation: Situation): string {
  const { state, plan } = situation;
  const look = finalLookOf(situation);
  const { mde } = plan.policy;
  const method = finalMethodOf(state);
  for (const { metric, variant } of pairs(situation, 'primary')) {
    const { metric_id } = metric;
    const comparison = comparisonOf(look, metric_id, variant);
    const { relative_lower = null, relative_upper = null } = (comparison && method.read(comparison)) ?? {};
    if (relative_lower !== null && relative_upper !== null && relative_lower > -mde && relative_upper < mde)
      continue;
    if (relative_lower === null || relative_upper === null)
      return `${nameOf({ metric_id, variant })} has no limit`;
    return `${nameOf({ metric_id, variant })}: ${lift(relative_lower)} to ${lift(relative_upper)}`;
  }
  return '';
}
