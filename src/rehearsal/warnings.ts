import type { Launch } from '../model/launch.js';
import type { Rehearsal, RehearsalWarning, RehearsedPower } from './answer.js';

/** What may keep people from relying on the plan, or on the rehearsal. */
export function warningsOf(
  launch: Launch,
  assumptions: Rehearsal['assumptions'],
  power: RehearsedPower | null,
): RehearsalWarning[] {
  return [
    ...(power && !power.reached ? [underpowered(launch, assumptions, power)] : []),
    // Nothing is decided by secondaries.
    ...launch.metrics
      .filter(({ role }) => role !== 'secondary')
      .flatMap(({ metric: { metric_id } }) => ofBaseline(metric_id, assumptions)),
  ];
}

function underpowered(
  { policy }: Launch,
  { planned_units, units_per_day, units_per_day_assumed }: Rehearsal['assumptions'],
  { rate, standard_error, wanted, lift, findable_lift }: RehearsedPower,
): RehearsalWarning {
  const traffic = units_per_day_assumed
    ? `${planned_units} planned units`
    : `${Number(units_per_day.toPrecision(3))} units a day`;
  const findable =
    findable_lift == null ? 'no lift that was tried does' : `a lift of ${percent(findable_lift, 2)} does`;
  return {
    code: 'underpowered',
    text:
      `a lift of ${percent(lift)} ships in ${percent(rate)} (± ${percent(standard_error)}) of rehearsals with ` +
      `${traffic}; policy ${policy.policy_id} wants ${percent(wanted)}, and ${findable}: ` +
      'plan more units, or a policy with a larger mde',
  };
}

function ofBaseline(metric_id: string, { baselines }: Rehearsal['assumptions']): RehearsalWarning[] {
  const { value, standard_deviation, standard_deviation_assumed } = baselines[metric_id]!;
  const warnings: RehearsalWarning[] = [];
  if (standard_deviation_assumed) {
    warnings.push({
      code: 'standard_deviation_assumed',
      text:
        `nobody knows how much ${metric_id} varies: a standard deviation of ${Number(standard_deviation.toPrecision(3))} ` +
        `at a value of ${Number(value.toPrecision(3))} was assumed; the true one may be ten times as large, ` +
        'so give baselines with a standard_deviation',
    });
  }
  if (value === 0) {
    warnings.push({
      code: 'no_lift',
      text: `the baseline of ${metric_id} is 0, and 0 has no relative lift: give baselines with another value`,
    });
  }
  return warnings;
}

function percent(value: number, digits = 3): string {
  return `${Number((value * 100).toPrecision(digits))} %`;
}
