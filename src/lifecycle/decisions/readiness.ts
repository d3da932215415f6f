import { holdsOfRamp } from '../holds.js';
import { endOf } from '../plan.js';
import { missingForStep } from './ramp.js';
import { unitsOf } from './reading.js';
import { conclude, type Conclusion, type Situation } from './situation.js';

/** An SRM or crossover hold has outlasted its grace, or stands at the horizon. */
export function untrustedData({ plan, holds, atHorizon, look, now }: Situation): Conclusion | null {
  const broken = holds.find((hold) => hold.code === 'srm' || hold.code === 'crossover');
  if (!broken || (!atHorizon && now - broken.since <= plan.policy.srm.grace)) return null;
  const text = `${broken.detail ?? broken.code}: these data cannot be trusted`;
  const evidence = {
    quantity: 'srm.log_bayes_factor',
    value: look.evidence.srm?.log_bayes_factor ?? null,
    threshold: Math.log(plan.policy.srm.alarm_bayes_factor),
  };
  return conclude('inconclusive', broken.code, text, broken.code === 'srm' ? [evidence] : []);
}

/** Ends an experiment that has used up its time, even while it waits for approval. */
export function maxDuration({ plan, now }: Situation): Conclusion | null {
  if (now < plan.start_at + plan.policy.max_duration + plan.policy.approval_timeout) return null;
  return conclude('inconclusive', 'max_duration', 'the longest duration and the time for approval are over');
}

export function tooEarly(situation: Situation): Conclusion | null {
  const { plan, state, atHorizon, now } = situation;
  if (atHorizon) return null;
  if (state.phase.state === 'ramping') {
    const ramping = { code: 'ramping', text: 'the ramp is under way' };
    return { decision: 'continue', reasons: [ramping, ...missingForStep(situation)] };
  }
  if (now >= plan.start_at + plan.policy.min_duration) return null;
  return conclude('continue', 'min_duration', 'the minimum duration is not over');
}

export function tooFewUnits({ plan, look, treatments, atHorizon }: Situation): Conclusion | null {
  const wanted = plan.policy.min_units_per_variant;
  const short = [plan.control, ...treatments].filter((variant) => unitsOf(look, variant) < wanted);
  if (short.length === 0) return null;
  const text = `fewer than ${wanted} units in ${short.join(', ')}`;
  const evidence = short.map((variant) => ({
    quantity: 'units',
    variant,
    value: unitsOf(look, variant),
    threshold: wanted,
  }));
  return conclude(atHorizon ? 'inconclusive' : 'continue', 'too_few_units', text, evidence);
}

/**
 * Nothing ships while a hold stands or the experiment is paused; past the horizon it waits for `max_hold` at most. Before
 * it, a hold of shipping alone lets the experiment end without a winner: the rows that ship look at the guardrails again.
 */
export function held({ plan, state, holds, atHorizon, now }: Situation): Conclusion | null {
  const reasons = [
    ...(atHorizon ? holds : holdsOfRamp(holds)).map((hold) => ({
      code: hold.code,
      text: hold.detail ?? hold.lifts_when,
    })),
    ...(state.paused ? [{ code: 'paused', text: `paused by ${state.paused.by}` }] : []),
  ];
  if (reasons.length === 0) return null;
  if (!atHorizon) return { decision: 'continue', reasons };
  const waited = now - (state.sample_complete_at ?? endOf(plan, state));
  return { decision: waited < plan.policy.max_hold ? 'hold' : 'inconclusive', reasons };
}

/** Code of a wait for the last events to be folded, which takes seconds: the next look should come soon. */
export const FOLDING = 'folding';

/** The fixed test is taken at the horizon, once everything received before it is folded. */
export function beforeHorizon({ state, atHorizon }: Situation): Conclusion | null {
  if (!atHorizon) return conclude('continue', 'undecided', 'the evidence does not suffice yet');
  if (state.final_look) return null;
  return conclude('continue', FOLDING, 'waiting until all events before the horizon are folded');
}
