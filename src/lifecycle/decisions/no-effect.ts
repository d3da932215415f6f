import { metricsOf } from '../plan.js';
import { comparisonOf, gainsWithin, percent } from './reading.js';
import { conclude, finalLookOf, type Conclusion, type Situation } from './situation.js';

/** Before the horizon: no primary of any treatment can still reach the least effect. */
export function futility({ plan, look, treatments }: Situation): Conclusion | null {
  const { mde } = plan.policy;
  const primaries = metricsOf(plan, 'primary');
  const hopeless = primaries.every((metric) =>
    treatments.every((variant) => {
      const limits = look.wide.find(
        (wide) => wide.metric_id === metric.metric_id && wide.variant === variant,
      );
      return !!limits && gainsWithin(metric, limits.relative_lower, limits.relative_upper)[1] < mde;
    }),
  );
  if (!hopeless) return null;
  const evidence = look.wide
    .filter(({ variant }) => treatments.includes(variant))
    .map(({ metric_id, variant, relative_lower, relative_upper }) =>
      primaries.some((metric) => metric.metric_id === metric_id && metric.direction === 'increase')
        ? { quantity: 'wide.relative_upper', metric_id, variant, value: relative_upper, threshold: mde }
        : { quantity: 'wide.relative_lower', metric_id, variant, value: relative_lower, threshold: -mde },
    );
  return conclude('no_effect', 'below_mde', `no primary can still reach a lift of ${percent(mde)}`, evidence);
}

/** At the horizon: every primary's interval lies inside the least effect, in both directions. */
export function equivalence(situation: Situation): Conclusion | null {
  const { plan, treatments } = situation;
  const { mde } = plan.policy;
  const look = finalLookOf(situation);
  const intervals = metricsOf(plan, 'primary').flatMap(({ metric_id }) =>
    treatments.map((variant) => ({
      metric_id,
      variant,
      relative: comparisonOf(look, metric_id, variant)?.relative,
    })),
  );
  const inside = intervals.every(
    ({ relative }) => relative?.bounded && relative.lower! > -mde && relative.upper! < mde,
  );
  if (!inside) return null;
  const evidence = intervals.flatMap(({ metric_id, variant, relative }) => [
    { quantity: 'relative.lower', metric_id, variant, value: relative!.lower, threshold: -mde },
    { quantity: 'relative.upper', metric_id, variant, value: relative!.upper, threshold: mde },
  ]);
  const text = `every primary's interval lies inside ±${percent(mde)}`;
  return conclude('no_effect', 'inside_mde', text, evidence);
}
