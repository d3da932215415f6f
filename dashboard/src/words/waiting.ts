import type { Schemas } from '../api/client.js';
import { HOLDS, type HoldCode } from './codes.js';
import { count, duration, percent, quantity, rate } from './format.js';

export type Waiting = Schemas['Waiting'];
export type Condition = Schemas['Condition'];

/** What an experiment goes toward, as a head: `25 %`, `A decision`. */
export function towardText(toward: Waiting['toward']): string {
  switch (toward.code) {
    case 'start':
      return 'The start';
    case 'slots':
      return 'Its slots';
    case 'ramp_step':
      return `${percent(toward.coverage)} enrolled`;
    case 'decision':
      return 'A decision';
    case 'approval':
      return 'A yes';
    case 'rollout_step':
      return `${toward.variant} at ${percent(toward.coverage)}`;
    case 'watch':
      return 'The watch';
    case 'whole_audience':
      return `${toward.variant} for all`;
    case 'control_served':
      return 'Control everywhere';
    case 'nothing':
      return 'Nothing';
  }
}

/** Short names of conditions. What is a hold has its own words. */
export const CONDITIONS: Record<Exclude<Condition['code'], HoldCode>, string> = {
  start_time: 'Its start date',
  slots: 'Slots of its layer',
  dwell: 'Time at this step',
  units: 'Units',
  harm_excluded: 'Harm excluded',
  step_approval: 'A yes for the next step',
  ship_approval: 'A yes for the winner',
  no_hold: 'Nothing holds this',
  not_paused: 'Somebody resumes it',
  served: 'Every process serves it',
  ramp_complete: 'Ramp at 100 %',
  min_duration: 'The minimum duration',
  guardrails_seen: 'Guardrails could object',
  decided: 'A row that decides',
  watched: 'The watch',
};

/** What a condition is about. */
export function conditionName({ code, metric_id, variant }: Condition): string {
  const name = code in HOLDS ? HOLDS[code as HoldCode].sentence : CONDITIONS[code as keyof typeof CONDITIONS];
  const of = [metric_id, variant].filter((part) => part !== undefined).join(' of ');
  return of === '' ? name : `${name}: ${of}`;
}

/** How far a condition is: `20 h 22 min of 24 h`; empty where it is no matter of an amount. */
export function conditionAmount({ have, need, unit, code }: Condition): string {
  if (need === null) return '';
  const amount = (value: number | null): string => {
    if (value === null) return 'unknown';
    if (unit === 'ms') return duration(value);
    if (unit === 'rate') return rate(value, 2);
    return unit === 'units' ? count(value) : quantity(value);
  };
  if (code === 'ramp_complete') return `step ${quantity(have)} of ${quantity(need)}`;
  return `${amount(have)} of ${amount(need)}`;
}
