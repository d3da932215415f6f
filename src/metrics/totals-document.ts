import { DAY_MS } from '../model/time.js';
import type { StoredSums } from './stored-sums.js';

/** One document of totals: the units of one experiment, epoch, band and day of first exposure. */
export interface TotalsDocument {
  _id: string;
  arms?: Record<string, { units?: bigint; metrics?: Record<string, StoredSums> }>;
  crossed_over?: bigint;
  duplicates?: bigint;
  excessive?: bigint;
  /** Events that happened, by their timestamps, before their unit's first exposure of the epoch. */
  before_exposure?: bigint;
  /** Values, and units' own numbers, beyond what can be counted exactly. */
  out_of_range?: bigint;
  last_at?: number;
  last?: Record<string, number>;
}

/** `experiment:epoch:band:day`; the day is that of the first exposure, in days since the epoch. */
export function totalsId(experiment_id: string, epoch: number, band: number, exposed_at: number): string {
  return [experiment_id, epoch, band, Math.floor(exposed_at / DAY_MS)].join(':');
}

/** The parts of a totals id; the experiment's own id may hold colons. */
export function partsOf(id: string): { experiment_id: string; epoch: number; band: number; day: number } {
  const parts = id.split(':');
  const [epoch, band, day] = parts.slice(-3).map(Number) as [number, number, number];
  return { experiment_id: parts.slice(0, -3).join(':'), epoch, band, day };
}

/** A name as a key of documents, where a dot would separate the parts of a path. */
export function fieldName(name: string): string {
  return name.replaceAll('.', '%2E');
}
