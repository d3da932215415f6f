import type { SeriesName } from '../model/anomaly.js';
import {
  LEVEL,
  SHARE_OF_ARM,
  SHARE_OF_FLAWED,
  SILENCE,
  type Level,
  type Mean,
  type Shape,
  type Share,
} from './shapes.js';
import type { WatchedMetric } from './watched.js';
import type { ArmCounts, Window } from './windows.js';

/** A series, and how it is read from windows. */
export type Series = SeriesName &
  (
    | { reads: 'level'; shape: Shape<Level>; count: (window: Window) => number }
    | { reads: 'share'; shape: Shape<Share>; share: (window: Window) => Share; only_more: boolean }
    | { reads: 'mean'; mean: (window: Window) => Mean }
  );

export type LevelSeries = Extract<Series, { reads: 'level' }>;

/** The arms that get units, and what is watched of them. */
export interface WatchedArms {
  variants: readonly string[];
  control: string;
  metrics: readonly WatchedMetric[];
}

type Count = (arm: ArmCounts) => number;

/** Every series of an experiment. Where the control gets no units, nothing is held against it. */
export function seriesOf(arms: WatchedArms): Series[] {
  const { variants, control, metrics } = arms;
  const treatments = variants.includes(control) ? variants.filter((variant) => variant !== control) : [];
  return [
    level({ kind: 'traffic' }, variants, ({ arrivals }) => arrivals),
    ...treatments.map((variant) =>
      shareOf({ kind: 'share', variant }, variant, control, ({ arrivals }) => arrivals),
    ),
    ...variants.map(silence),
    ...metrics.flatMap((metric) => seriesOfMetric(metric, arms, treatments)),
    flawed('late', variants, ({ late, events }) => ({ part: late, of: events })),
    flawed('duplicates', variants, ({ duplicates, events }) => ({
      part: duplicates,
      of: events + duplicates,
    })),
    flawed('crossovers', variants, ({ crossovers, arrivals }) => ({
      part: crossovers,
      of: arrivals + crossovers,
    })),
  ];
}

function seriesOfMetric(
  { metric_id, has_values }: WatchedMetric,
  { variants, control }: WatchedArms,
  treatments: readonly string[],
): Series[] {
  const n: Count = ({ metrics }) => metrics[metric_id]!.n;
  const counts = [
    level({ kind: 'events', metric_id }, variants, n),
    ...treatments.map((variant) =>
      shareOf({ kind: 'events_share', metric_id, variant }, variant, control, n),
    ),
  ];
  return has_values ? [...counts, ...meansOf(metric_id, variants, treatments, control)] : counts;
}

function level(name: SeriesName, variants: readonly string[], count: Count): Series {
  return { ...name, reads: 'level', shape: LEVEL, count: (window) => sum(window, variants, count) };
}

function silence(variant: string): Series {
  return {
    kind: 'gap',
    variant,
    reads: 'level',
    shape: SILENCE,
    count: ({ arms }) => arms[variant]!.events,
  };
}

function shareOf(name: SeriesName, variant: string, control: string, count: Count): Series {
  return {
    ...name,
    reads: 'share',
    shape: SHARE_OF_ARM,
    share: (window) => ({
      part: count(window.arms[variant]!),
      of: sum(window, [variant, control], count),
    }),
    only_more: false,
  };
}

function flawed(
  kind: SeriesName['kind'],
  variants: readonly string[],
  shareIn: (arm: ArmCounts) => Share,
): Series {
  return {
    kind,
    reads: 'share',
    shape: SHARE_OF_FLAWED,
    share: (window) => ({
      part: sum(window, variants, (arm) => shareIn(arm).part),
      of: sum(window, variants, (arm) => shareIn(arm).of),
    }),
    only_more: true,
  };
}

function meansOf(
  metric_id: string,
  variants: readonly string[],
  treatments: readonly string[],
  control: string,
): Series[] {
  const of = ({ arms }: Window, some: readonly string[]) => ({
    n: some.reduce((all, variant) => all + arms[variant]!.metrics[metric_id]!.n, 0),
    sum: some.reduce((all, variant) => all + arms[variant]!.metrics[metric_id]!.sum, 0),
  });
  return [
    {
      kind: 'values',
      metric_id,
      reads: 'mean',
      mean: (window) => ({ ...of(window, variants), against: null }),
    },
    ...treatments.map((variant): Series => ({
      kind: 'values_ratio',
      metric_id,
      variant,
      reads: 'mean',
      mean: (window) => ({ ...of(window, [variant]), against: of(window, [control]) }),
    })),
  ];
}

function sum({ arms }: Window, variants: readonly string[], count: (arm: ArmCounts) => number): number {
  return variants.reduce((all, variant) => all + count(arms[variant]!), 0);
}
