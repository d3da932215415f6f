import { chosenIn } from '../compared.js';
import { harmThreshold } from '../guardrails.js';
import { metricsOf } from '../plan.js';
import type { Reason, UsedEvidence } from '../state.js';
import { gainsWithin, guardrailGroups, inSegment, percent, primaryGroups, threeDigits } from './reading.js';
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
 * Harm beyond a guardrail's margin is proven by its e-value, which may be looked at any number of times: in all units
 * together, or in the units of one segment. A missing e-value proves nothing: the guardrail is blind then, and keeps the
 * winner from shipping.
 */
export function guardrailHarm(situation: Situation): Conclusion | null {
  const { plan, look, treatments } = situation;
  const threshold = harmThreshold(plan, look.epoch);
  const harms = metricsOf(plan, 'guardrail').flatMap(({ metric_id }) =>
    treatments.flatMap((variant) =>
      guardrailGroups(plan, look, metric_id, variant).flatMap(({ segment, margin, log_e_harm }): Harm[] => {
        if (typeof log_e_harm !== 'number' || log_e_harm < threshold) return [];
        const value = log_e_harm;
        const text =
          `${metric_id} of ${variant}${inSegment(segment)} is worse than its margin of ${percent(margin)}: ` +
          `e-value ${threeDigits(Math.exp(Math.min(value, MOST_IN_TEXT)))}, harm is proven at ${threeDigits(Math.exp(threshold))}`;
        const used = { quantity: 'guardrail.log_e_harm', metric_id, variant, ...named(segment) };
        return [
          { variant, reason: { code: 'guardrail_harm', text, evidence: [{ ...used, value, threshold }] } },
        ];
      }),
    ),
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
    treatments.flatMap((variant) =>
      primaryGroups(plan, look, metric.metric_id, variant).flatMap(
        ({ segment, lower, upper, units }): Harm[] => {
          if (units < UNITS_FOR_HARM) return [];
          const [, greatest] = gainsWithin(metric, lower, upper);
          if (greatest >= 0) return [];
          const { metric_id } = metric;
          const text = `${metric_id} of ${variant}${inSegment(segment)} is worse than the control at every value its confidence sequence allows`;
          const limit: Pick<UsedEvidence, 'quantity' | 'value'> =
            metric.direction === 'increase'
              ? { quantity: 'sequence.upper', value: upper }
              : { quantity: 'sequence.lower', value: lower };
          const used = { quantity: limit.quantity, metric_id, variant, ...named(segment) };
          const evidence = [{ ...used, value: limit.value, threshold: 0 }];
          return [{ variant, reason: { code: 'primary_harm', text, evidence } }];
        },
      ),
    ),
  );
  return concludeHarm(harms, situation);
}

function named(segment: string | null): Pick<UsedEvidence, 'segment'> {
  return segment === null ? {} : { segment };
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
