import type { Metric } from '../model/metric.js';

/** An event as the inbox keeps it: pseudonymised, with its place in the experiment's allocation. */
export type InboxEvent = ExposureRecord | ValueRecord | ExclusionRecord;

interface Common {
  /** Pseudonym of the unit. */
  unit: string;
  /** Hash of the sender's event id. */
  id: string;
  /** Timestamp, ms since the epoch. */
  at: number;
}

export interface ExposureRecord extends Common {
  kind: 'exposure';
  experiment_id: string;
  epoch: number;
  band: number;
  /** The variant that the unit's slot has. */
  variant: string;
  /** The sender saw another variant: such an exposure counts for no arm. */
  mismatch: boolean;
}

/** A person took the unit out of an experiment: nothing of it counts there from then on, or ever again. */
export interface ExclusionRecord extends Common {
  kind: 'exclusion';
  experiment_id: string;
}

export interface ValueRecord extends Common {
  kind: 'value';
  type: string;
  value: number;
}

/** One accepted request's events of one partition; immutable. */
export interface Batch {
  _id: string;
  received_at: number;
  events: InboxEvent[];
}

/** What folding must know of started experiments: metrics frozen at the start, and whether events still count. */
export type Catalog = ReadonlyMap<string, { metrics: readonly Metric[]; live: boolean }>;

/** Integers to be added to one totals document: its id, the path inside, the amount as a decimal string. */
export type Increment = [totals_id: string, path: string, amount: string];

/** A moment (ms since the epoch) of which the totals keep the greatest. */
export type Mark = [totals_id: string, path: string, at: number];
