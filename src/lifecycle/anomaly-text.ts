import type { Alarm, AnomalyKind } from '../model/anomaly.js';

/** Of one alarm, in a clause. The texts are part of certificates, like those of all holds. */
const SAYS: Readonly<Record<AnomalyKind, (alarm: Alarm) => string>> = {
  traffic: (alarm) => counts(alarm, 'arrivals in all arms'),
  share: (alarm) => `arrivals in ${alarm.variant} are ${shares(alarm)} of its own and the control's`,
  gap: (alarm) => counts(alarm, `events of ${alarm.variant}`),
  events: (alarm) => counts(alarm, `events of ${alarm.metric_id} of all arms`),
  events_share: (alarm) =>
    `events of ${alarm.metric_id} of ${alarm.variant} are ${shares(alarm)} of its own and the control's`,
  values: ({ metric_id, value, expected }) =>
    `mean ${metric_id} of all arms is ${number(value)}, usually ${number(expected)}`,
  values_ratio: ({ metric_id, variant, value, expected }) =>
    `mean ${metric_id} of ${variant} is ${number(value)} times the control's, usually ${number(expected)} times`,
  late: (alarm) => `${shares(alarm)} of events come late`,
  duplicates: (alarm) => `${shares(alarm)} of events are sent again`,
  crossovers: (alarm) => `${shares(alarm)} of arrivals are of units that cross to another arm`,
};

export function alarmText(alarm: Alarm): string {
  return SAYS[alarm.kind](alarm);
}

function counts({ value, expected, window }: Alarm, what: string): string {
  return `${number(value)} ${what} in ${Math.round(window / 60_000)} min, usually ${number(expected)}`;
}

function shares({ value, expected }: Alarm): string {
  return `${percent(value)} (usually ${percent(expected)})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Three digits. */
function number(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
