import type { Schemas } from '../api/client.js';
import type { IconName } from '../ui/icon.js';
import type { Tone } from './codes.js';
import { count, quantity, rate } from './format.js';

export type Watched = Schemas['Anomalies']['series'][number];

/** What a series is of. */
export const SERIES: Record<Watched['kind'], (series: Watched) => string> = {
  traffic: () => 'Units that arrive',
  share: ({ variant }) => `Units that arrive: ${variant} among its own and the control's`,
  gap: ({ variant }) => `Anything at all from ${variant}`,
  events: ({ metric_id }) => `Events of ${metric_id}`,
  events_share: ({ metric_id, variant }) =>
    `Events of ${metric_id}: ${variant} among its own and the control's`,
  values: ({ metric_id }) => `Mean of ${metric_id}`,
  values_ratio: ({ metric_id, variant }) => `Mean of ${metric_id}: ${variant} as a multiple of the control's`,
  late: () => 'Events that come late',
  duplicates: () => 'Events that are sent again',
  crossovers: () => 'Units that cross to another arm, for each that arrives',
};

const SHARES: readonly Watched['kind'][] = ['share', 'events_share', 'late', 'duplicates', 'crossovers'];
const COUNTS: readonly Watched['kind'][] = ['traffic', 'gap', 'events'];

/** A value of a series as people read it. */
export function seriesValue({ kind }: Watched, value: number | null): string {
  if (value === null) return '–';
  if (SHARES.includes(kind)) return rate(value);
  return COUNTS.includes(kind) ? count(Math.round(value)) : quantity(value);
}

export const WATCH_STATES: Record<Watched['state'], { text: string; icon: IconName; tone: Tone }> = {
  usual: { text: 'Usual', icon: 'check', tone: 'plain' },
  unusual: { text: 'Unusual', icon: 'watch', tone: 'info' },
  alarm: { text: 'Holding', icon: 'hold', tone: 'hold' },
  too_little_data: { text: 'Too little', icon: 'unknown', tone: 'plain' },
};

export const BASELINES: Record<Watched['baseline'], string> = {
  week: 'the same time of the same day of the week',
  day: 'the same time of earlier days',
  recent: 'the last hours',
};
