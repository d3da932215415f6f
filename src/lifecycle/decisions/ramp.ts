import { remaining } from '../dwell.js';
import { metricsOf } from '../plan.js';
import { comparisonOf, gainsWithin, unitsOf } from './reading.js';
import { conclude, type Conclusion, type Situation } from './situation.js';

/** The present step is done: on to the next one, after a person's approval where the step asks for it. */
export function rampStep(situation: Situation): Conclusion | null {
  const { plan, state, holds, atHorizon, look, treatments, now } = situation;
  const { phase } = state;
  if (phase.state !== 'ramping' || atHorizon || holds.length > 0 || state.paused) return null;
  if (remaining(phase.dwell, now) > 0) return null;
  const step = plan.policy.ramp[phase.step]!;
  const fewest = Math.min(...[plan.control, ...treatments].map((variant) => unitsOf(look, variant)));
  if (step.min_units !== undefined && fewest < step.min_units) return null;
  if (step.exclude_harm !== undefined && !excludesHarm(situation, step.exclude_harm)) return null;
  const next = plan.policy.ramp[phase.step + 1]!;
  const done = `step ${phase.step + 1} is done, on to ${next.coverage} %`;
  return step.approval && phase.answer !== 'approved'
    ? conclude('hold', 'approval', `${done} once somebody agrees`)
    : conclude('advance', 'step_done', `${done} coverage`);
}

/** Whether every guardrail's interval excludes a harm of `size` (relative) in every treatment. */
function excludesHarm({ plan, look, treatments }: Situation, size: number): boolean {
  return metricsOf(plan, 'guardrail').every((metric) =>
    treatments.every((variant) => {
      const relative = comparisonOf(look, metric.metric_id, variant)?.relative;
      return !!relative && gainsWithin(metric, relative.lower, relative.upper)[0] > -size;
    }),
  );
}
