import { metricsOf } from '../plan.js';
import { finalMethodOf } from './primary-tests.js';
import { comparisonOf, gainsWithin, percent } from './reading.js';
import { conclude, finalLookOf, type Conclusion, type Situation } from './situation.js';

/**
 * No primary of any treatment can still reach the least effect. A limit that is missing is unbounded: everything can
 * still be reached.
 */
export function futility({ plan, look, treatments }: Situation): Conclusion | null {
  const { mde } = plan.policy;
  const primaries = metricsOf(plan, 'primary');
  const hopeless = primaries.every((metric) =>
    treatments.every((variant) => {
      const limits = look.limits_at_full_alpha.find(
        (other) => other.metric_id === metric.metric_id && other.variant === variant,
      );
      return !!limits && gainsWithin(metric, limits.relative_lower, limits.relative_upper)[1] < mde;
    }),
  );
  if (!hopeless) return null;
  const evidence = look.limits_at_full_alpha
    .filter(({ variant }) => treatments.includes(variant))
    .map(({ metric_id, variant, relative_lower, relative_upper }) =>
      primaries.some((metric) => metric.metric_id === metric_id && metric.direction === 'increase')
        ? {
            quantity: 'limits_at_full_alpha.relative_upper',
            metric_id,
            variant,
            value: relative_upper,
            threshold: mde,
          }
        : {
            quantity: 'limits_at_full_alpha.relative_lower',
            metric_id,
            variant,
            value: relative_lower,
            threshold: -mde,
          },
    );
  return conclude('no_effect', 'below_mde', `no primary can still reach a lift of ${percent(mde)}`, evidence);
}

/**
 * At the horizon: every primary's interval, of the test that decides there, lies inside the least effect, in both
 * directions. A limit that is missing lies outside.
 */
export function equivalence(situation: Situation): Conclusion | null {
  const { plan, state, treatments } = situation;
  const { mde } = plan.policy;
  const look = finalLookOf(situation);
  const method = finalMethodOf(state);
  const intervals = metricsOf(plan, 'primary').flatMap(({ metric_id }) =>
    treatments.map((variant) => {
      const comparison = comparisonOf(look, metric_id, variant);
      const limits = comparison && method.read(comparison);
      return {
        metric_id,
        variant,
        lower: limits?.relative_lower ?? -Infinity,
        upper: limits?.relative_upper ?? Infinity,
      };
    }),
  );
  if (!intervals.every(({ lower, upper }) => lower > -mde && upper < mde)) return null;
  const evidence = intervals.flatMap(({ metric_id, variant, lower, upper }) => [
    { quantity: `${method.quantity}.relative_lower`, metric_id, variant, value: lower, threshold: -mde },
    { quantity: `${method.quantity}.relative_upper`, metric_id, variant, value: upper, threshold: mde },
  ]);
  const text = `every primary's interval lies inside ±${percent(mde)}`;
  return conclude('no_effect', 'inside_mde', text, evidence);
}
