import { remaining } from '../dwell.js';
import { floorOf } from '../guardrails.js';
import { holdsOfRamp } from '../holds.js';
import { metricsOf } from '../plan.js';
import type { Reason } from '../state.js';
import { comparisonOf, percent, threeDigits, unitsOf } from './reading.js';
import { conclude, type Conclusion, type Situation } from './situation.js';

/** Natural logarithm of the e-value that excludes a harm: errs, at whatever number of looks, in one of 20. */
export const EXCLUDED = Math.log(20);

/** The present step is done: on to the next one, after a person's approval where the step asks for it. */
export function rampStep(situation: Situation): Conclusion | null {
  const { plan, state, holds, atHorizon, now } = situation;
  const { phase } = state;
  if (phase.state !== 'ramping' || atHorizon || holdsOfRamp(holds).length > 0 || state.paused) return null;
  if (remaining(phase.dwell, now) > 0 || missingForStep(situation).length > 0) return null;
  const step = plan.policy.ramp[phase.step]!;
  const next = plan.policy.ramp[phase.step + 1]!;
  const done = `step ${phase.step + 1} is done, on to ${next.coverage} %`;
  return step.approval && phase.answer !== 'approved'
    ? conclude('hold', 'approval', `${done} once somebody agrees`)
    : conclude('advance', 'step_done', `${done} coverage`);
}

/** What the present step asks of the data and does not have yet: units, and sizes of harm to exclude. */
export function missingForStep(situation: Situation): Reason[] {
  const { plan, state, look, treatments } = situation;
  const { phase } = state;
  if (phase.state !== 'ramping') return [];
  const { min_units = 0, exclude_harm } = plan.policy.ramp[phase.step]!;
  const short = [plan.control, ...treatments].filter((variant) => unitsOf(look, variant) < min_units);
  return [
    ...short.map((variant) => ({
      code: 'step_units',
      text: `the step asks for ${min_units} units in ${variant}`,
      evidence: [{ quantity: 'units', variant, value: unitsOf(look, variant), threshold: min_units }],
    })),
    ...(exclude_harm === undefined ? [] : possibleHarms(situation, exclude_harm)),
  ];
}

/**
 * Guardrails whose data do not yet exclude a harm of `size` (relative). Where they say nothing, nothing is excluded.
 * Where no arm had an error there is no relative harm to exclude; then the treatment's rate must be surely small.
 */
function possibleHarms({ plan, look, treatments }: Situation, size: number): Reason[] {
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) =>
    treatments.flatMap((variant): Reason[] => {
      const exclusions = comparisonOf(look, metric_id, variant)?.guardrail?.exclusions ?? [];
      const { log_e = null, error_free_limit = null } = exclusions.find(({ harm }) => harm === size) ?? {};
      const floor = floorOf(plan, metric_id);
      if (log_e !== null && log_e >= EXCLUDED) return [];
      if (error_free_limit !== null && error_free_limit < floor) return [];
      const text = `${metric_id} of ${variant}: a harm of ${percent(size)} is not excluded`;
      const evidence =
        error_free_limit === null
          ? { quantity: 'guardrail.exclusions.log_e', value: log_e, threshold: EXCLUDED }
          : { quantity: 'guardrail.exclusions.error_free_limit', value: error_free_limit, threshold: floor };
      const lacks =
        error_free_limit === null
          ? `e-value ${log_e === null ? 'unknown' : threeDigits(Math.exp(log_e))}, ${threeDigits(Math.exp(EXCLUDED))} is needed`
          : `no errors, and the rate is surely below ${percent(error_free_limit)}, ${percent(floor)} is needed`;
      return [
        {
          code: 'harm_not_excluded',
          text: `${text} (${lacks})`,
          evidence: [{ ...evidence, metric_id, variant }],
        },
      ];
    }),
  );
}
