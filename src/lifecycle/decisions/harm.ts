import { chosenIn } from '../compared.js';
import { harmThreshold } from '../guardrails.js';
import { metricsOf } from '../plan.js';
import type { Reason, UsedEvidence } from '../state.js';
import { comparisonOf, gainsWithin, percent, threeDigits, unitsOf } from './reading.js';
import type { Conclusion, Situation } from './situation.js';

/** A primary must have this many units in each arm before harm on it ends the experiment. */
export const UNITS_FOR_HARM = 100;
/** The greatest logarithm that a text shows the exponential of: beyond some 709 it is Infinity. */
const MOST_IN_TEXT = 300;

interface Harm {
  variant: string;
  reason: Reason;
}

/**
 * Harm beyond a guardrail's margin is proven by its e-value, which may be looked at any number of times. A missing
 * e-value proves nothing: the guardrail is blind then, and keeps the winner from shipping.
 */
export function guardrailHarm(situation: Situation): Conclusion | null {
  const { plan, look, treatments } = situation;
  const threshold = harmThreshold(plan, look.epoch);
  const harms = metricsOf(plan, 'guardrail').flatMap(({ metric_id }) =>
    treatments.flatMap((variant): Harm[] => {
      const guardrail = comparisonOf(look, metric_id, variant)?.guardrail;
      if (!guardrail || guardrail.log_e_harm === null || guardrail.log_e_harm < threshold) return [];
      const value = guardrail.log_e_harm;
      const text =
        `${metric_id} of ${variant} is worse than its margin of ${percent(guardrail.margin)}: ` +
        `e-value ${threeDigits(Math.exp(Math.min(value, MOST_IN_TEXT)))}, harm is proven at ${threeDigits(Math.exp(threshold))}`;
      const evidence = [{ quantity: 'guardrail.log_e_harm', metric_id, variant, value, threshold }];
      return [{ variant, reason: { code: 'guardrail_harm', text, evidence } }];
    }),
  );
  return concludeHarm(harms, situation);
}

/**
 * A primary is worse than the control at every value that its confidence sequence allows. A limit that is missing allows
 * everything: no harm is proven, and rows 10 and 13 take the primary as unknown.
 */
export function primaryHarm(situation: Situation): Conclusion | null {
  const { plan, look, treatments } = situation;
  const harms = metricsOf(plan, 'primary').flatMap((metric) =>
    treatments.flatMap((variant): Harm[] => {
      const { metric_id } = metric;
      const units = Math.min(unitsOf(look, plan.control), unitsOf(look, variant));
      const sequence = comparisonOf(look, metric_id, variant)?.sequence;
      if (!sequence || units < UNITS_FOR_HARM) return [];
      const [, greatest] = gainsWithin(metric, sequence.lower, sequence.upper);
      if (greatest >= 0) return [];
      const text = `${metric_id} of ${variant} is worse than the control at every value its confidence sequence allows`;
      const limit: Pick<UsedEvidence, 'quantity' | 'value'> =
        metric.direction === 'increase'
          ? { quantity: 'sequence.upper', value: sequence.upper }
          : { quantity: 'sequence.lower', value: sequence.lower };
      const evidence = [{ quantity: limit.quantity, metric_id, variant, value: limit.value, threshold: 0 }];
      return [{ variant, reason: { code: 'primary_harm', text, evidence } }];
    }),
  );
  return concludeHarm(harms, situation);
}

/**
 * Rolls back where every treatment is harmful, or the one that was chosen to ship; otherwise the experiment goes on
 * without the harmful ones.
 */
function concludeHarm(harms: Harm[], { state, treatments }: Situation): Conclusion | null {
  if (harms.length === 0) return null;
  const harmedArms = [...new Set(harms.map((harm) => harm.variant))];
  const reasons = harms.map((harm) => harm.reason);
  const isHarmed = (variant: string): boolean => harmedArms.includes(variant);
  const chosen = chosenIn(state.phase);
  return (chosen !== null && isHarmed(chosen)) || treatments.every(isHarmed)
    ? { decision: 'roll_back', reasons }
    : { decision: 'continue', reasons, harmedArms };
}
