import { MOST_SEGMENTS } from '../model/frozen-segments.js';
import { DAY_MS } from '../model/time.js';
import type { StoredSums } from './stored-sums.js';

interface CountedUnits {
  arms?: Record<string, { units?: bigint; metrics?: Record<string, StoredSums> }>;
}

/** One document of totals: the units of one experiment, epoch, band and day of first exposure. */
export interface TotalsDocument extends CountedUnits {
  _id: string;
  /** The same of those units alone that were told to be in a segment, by its place among the experiment's. */
  segments?: Record<string, CountedUnits>;
  /** Units of an experiment with segments whose first exposure did not tell in which they are. */
  untold?: bigint;
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

/** What no id has. */
const CELL = '|';

/**
 * A totals id with the segments that a unit is in. Units keep what they add to the totals under it, once, however many
 * segments there are; only where it is added to the totals, each segment gets it as well.
 *
 * @param segments a bit for each, as exposures have them
 */
export function cellId(totals_id: string, segments: number): string {
  return segments === 0 ? totals_id : `${totals_id}${CELL}${segments}`;
}

/** The totals id of a cell, and the places of the segments that get the same. */
export function partsOfCell(cell: string): { totals_id: string; segments: number[] } {
  const end = cell.indexOf(CELL);
  if (end === -1) return { totals_id: cell, segments: [] };
  const bits = Number(cell.slice(end + 1));
  const places = Array.from({ length: MOST_SEGMENTS }, (_, place) => place);
  return { totals_id: cell.slice(0, end), segments: places.filter((place) => bits & (1 << place)) };
}

/** A name as a key of documents, where a dot would separate the parts of a path. */
export function fieldName(name: string): string {
  return name.replaceAll('.', '%2E');
}
