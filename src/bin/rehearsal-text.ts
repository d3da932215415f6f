import { aligned } from './aligned.js';
import type { RehearsalAnswer } from '../operations/planning-answer.js';

const SCENARIO_NAMES = { no_effect: 'nothing changes', effect: 'the effect', harm: 'harm' } as const;
const COLUMNS = ['shipped', 'rolled_back', 'no_effect', 'inconclusive'] as const;

/** A rehearsal for people at a terminal. What was assumed stands first: the numbers are worth no more than that. */
export function rehearsalText(answer: RehearsalAnswer): string {
  const lines = [
    ...answer.warnings.map(({ text }) => `! ${text}`),
    ...(answer.warnings.length > 0 ? [''] : []),
    ...trafficLines(answer),
    '',
    ...tableLines(answer),
    '',
    ...sentences(answer),
  ];
  return `${lines.join('\n')}\n`;
}

function trafficLines({ assumptions, traffic }: RehearsalAnswer): string[] {
  const from = { request: 'as given', experiment: 'as measured lately', assumption: 'ASSUMED' };
  const per_day = rounded(assumptions.units_per_day);
  return [
    `${per_day} eligible units a day (${traffic.from ? from[traffic.from] : 'not known'}), ` +
      `${rounded(assumptions.planned_units)} planned units, ${rounded(assumptions.days)} days.`,
    ...Object.entries(assumptions.baselines).map(
      ([metric_id, { value, standard_deviation, assumed }]) =>
        `${metric_id}: ${rounded(value)}${standard_deviation ? ` ± ${rounded(standard_deviation)}` : ''}` +
        (assumed ? ' (ASSUMED)' : ''),
    ),
  ];
}

function tableLines({ scenarios }: RehearsalAnswer): string[] {
  const header = ['when', 'ships', 'rolls back', 'no effect', 'inconclusive', 'days (10 to 90 %)', 'units'];
  const rows = scenarios.map(({ scenario, outcomes, days, units }) => [
    SCENARIO_NAMES[scenario],
    ...COLUMNS.map((name) => percent(outcomes[name].rate)),
    `${rounded(days.p10)} to ${rounded(days.p90)}`,
    rounded(units.mean),
  ]);
  return aligned([header, ...rows], (column) => column > 0);
}

function sentences({ power, false_ship, false_rollback, harm_caught }: RehearsalAnswer): string[] {
  const withError = ({ rate, standard_error }: { rate: number; standard_error: number }): string =>
    `${percent(rate)} (± ${percent(standard_error)})`;
  return [
    ...(power
      ? [
          `A lift of ${percent(power.lift)} ships in ${withError(power)} of the runs; ${percent(power.wanted)} are wanted: ` +
            (power.reached ? 'reached.' : 'NOT reached.'),
        ]
      : []),
    ...(false_ship ? [`Without any effect it ships in ${withError(false_ship)}.`] : []),
    ...(false_rollback ? [`Without any effect it is rolled back in ${withError(false_rollback)}.`] : []),
    ...(harm_caught ? [`Harm is rolled back in ${withError(harm_caught)}.`] : []),
  ];
}

function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`;
}

function rounded(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}
