import type { Metric } from '../model/metric.js';
import type { Properties } from '../model/property.js';

/** An event as the inbox keeps it: pseudonymised, with its place in the experiment's allocation. */
export type InboxEvent = ExposureRecord | ValueRecord | ExclusionRecord | ErasureRecord;

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
  /** The experiment's segments that the unit is in, a bit for each, the first one lowest; absent where nobody told. */
  segments?: number;
}

/** A person took the unit out of an experiment: nothing of it counts there, neither what it did before nor after. */
export interface ExclusionRecord extends Common {
  kind: 'exclusion';
  experiment_id: string;
}

/** Everything that is known of the unit is forgotten. What it has added to totals stays there, without it. */
export interface ErasureRecord extends Common {
  kind: 'erasure';
}

export interface ValueRecord extends Common {
  kind: 'value';
  type: string;
  value: number;
  /** Those that metrics name; absent for none. */
  properties?: Properties;
}

/** The events of one accepted request that belong to one partition. Immutable. */
export interface Batch {
  _id: string;
  received_at: number;
  events: InboxEvent[];
}

/** What folding needs to know about a started experiment. */
export interface CatalogEntry {
  /** As its start froze them. */
  metrics: readonly Metric[];
  /** Those of them whose events are counted by minute; absent for none. */
  watched?: readonly Metric[];
  /** Whether events still count. */
  live: boolean;
  /** Whether it has segments, so that every unit should be told to be in some or none. */
  segmented?: boolean;
}

export type Catalog = ReadonlyMap<string, CatalogEntry>;

/**
 * An integer to add to a totals document: the cell that it is of (see `cellId`), the path inside the document, and the
 * amount as a decimal string.
 */
export type Increment = [cell: string, path: string, amount: string];

/** A moment, in ms since the epoch. The totals keep the latest one of each path. */
export type Mark = [totals_id: string, path: string, at: number];
