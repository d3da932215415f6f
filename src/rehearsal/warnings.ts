import type { Launch } from '../model/launch.js';
import type { Rehearsal, RehearsalWarning, RehearsedPower } from './answer.js';

/**
 * What may keep people from relying on the plan, or on the rehearsal. What was assumed comes first, for the numbers are
 * worth no more than that.
 */
export function warningsOf(
  launch: Launch,
  assumptions: Rehearsal['assumptions'],
  power: RehearsedPower | null,
): RehearsalWarning[] {
  const { units_per_day, units_per_day_assumed } = assumptions;
  return [
    ...(units_per_day_assumed ? [trafficAssumed(units_per_day)] : []),
    // Nothing is decided by secondaries.
    ...launch.metrics
      .filter(({ role }) => role !== 'secondary')
      .flatMap(({ metric: { metric_id } }) => ofBaseline(metric_id, assumptions)),
    ...(power && !power.reached ? [underpowered(launch, assumptions, power)] : []),
  ];
}

function trafficAssumed(units_per_day: number): RehearsalWarning {
  const text =
    `${short(units_per_day)} units a day are assumed, just as many as the planned sample needs: no ` +
    'experiment on the same flag for the same audience enrolled any in the last 14 days; give units_per_day';
  return { code: 'traffic_assumed', text };
}

function ofBaseline(metric_id: string, { baselines }: Rehearsal['assumptions']): RehearsalWarning[] {
  const { value, standard_deviation, assumed, standard_deviation_assumed } = baselines[metric_id]!;
  const warnings: RehearsalWarning[] = [];
  if (assumed) {
    const spread = standard_deviation_assumed ? standard_deviation : undefined;
    warnings.push({ code: 'baseline_assumed', text: assumedText(metric_id, value, spread) });
  } else if (standard_deviation_assumed) {
    const text = `${spreadText(metric_id, value, standard_deviation)}: give baselines.${metric_id}.standard_deviation`;
    warnings.push({ code: 'standard_deviation_assumed', text });
  }
  if (value === 0) {
    const text = `the baseline of ${metric_id} is 0, and 0 has no relative lift: give baselines.${metric_id}.value`;
    warnings.push({ code: 'no_lift', text });
  }
  return warnings;
}

/** That a value, and for some kinds its standard deviation, is a guess. */
export function assumedText(metric_id: string, value: number, standard_deviation?: number): string {
  const ask = `give baselines.${metric_id}.value`;
  const guess = `no earlier experiment measured ${metric_id}: a value of ${short(value)} is assumed`;
  return standard_deviation === undefined
    ? `${guess}; ${ask}`
    : `${guess}; ${spreadText(metric_id, value, standard_deviation)}: ${ask} and .standard_deviation`;
}

function spreadText(metric_id: string, value: number, standard_deviation: number): string {
  return (
    `nobody knows how much ${metric_id} varies, and a standard deviation of ${short(standard_deviation)} at a value of ` +
    `${short(value)} is assumed; the true one may be ten times as large`
  );
}

function underpowered(
  { policy }: Launch,
  { planned_units, units_per_day, units_per_day_assumed }: Rehearsal['assumptions'],
  { rate, standard_error, wanted, lift, findable_lift }: RehearsedPower,
): RehearsalWarning {
  const traffic = units_per_day_assumed
    ? `${planned_units} planned units`
    : `${short(units_per_day)} units a day`;
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

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function percent(value: number, digits = 3): string {
  return `${Number((value * 100).toPrecision(digits))} %`;
}
