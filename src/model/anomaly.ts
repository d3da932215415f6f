/** What of an experiment is watched minute by minute. */
export const ANOMALY_KINDS = [
  /** Arrivals in all arms: exposures of units of which nothing had come for an hour. */
  'traffic',
  /** Arrivals in a treatment, among its own and the control's. */
  'share',
  /** No event at all of an arm. */
  'gap',
  /** Events of a metric, of all arms. */
  'events',
  /** Events of a metric of a treatment, among its own and the control's. */
  'events_share',
  /** Mean value of a metric's events, of all arms. */
  'values',
  /** The same of a treatment, relative to the control's. */
  'values_ratio',
  /** Events that came late, among all. */
  'late',
  /** Events that were sent again, among all. */
  'duplicates',
  /** Units seen in two arms, for each arrival. */
  'crossovers',
] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** `too_little_data`: nothing is said of it, neither that it is usual nor that it is not. */
export const WATCH_STATES = ['usual', 'unusual', 'alarm', 'too_little_data'] as const;
export type WatchState = (typeof WATCH_STATES)[number];

/** What a series is held against: the same time of the same day of the week, the same time of day, or the last hours alone. */
export const WATCH_BASELINES = ['week', 'day', 'recent'] as const;
export type WatchBaseline = (typeof WATCH_BASELINES)[number];

/** Which series it is. */
export interface SeriesName {
  kind: AnomalyKind;
  metric_id?: string;
  /** The treatment that is held against the control, or the arm that fell silent. */
  variant?: string;
}

/** A series that has been unusual for several windows in a row. */
export interface Alarm extends SeriesName {
  /** Beginning of the first of these windows, ms since the epoch. */
  since: number;
  /** In the newest window: a count, a share from 0 to 1, or a mean in the metric's own unit or relative to the control's. */
  value: number;
  /** What is usual, in the same unit. */
  expected: number;
  /** Length of a window, ms. */
  window: number;
}

/** What a look found in the counts by minute. */
export interface Anomalies {
  alarms: Alarm[];
  /** Series that there is too little data to watch. */
  unwatched: number;
  watched: number;
}
