/** One line of the table. A rate, or another figure where there is no promise to keep. */
export interface Row {
  what: string;
  promise: string;
  measured: string;
  standard_error: string;
  runs: number;
  /** Null where nothing was promised. */
  kept: boolean | null;
}

/** A group of rows, under the name that the command's filter looks at. `scaled` changes a number of runs. */
export interface Subject {
  name: string;
  rows(scaled: (runs: number) => number): Row[];
}

/** A rate may exceed its promise, or miss it, by so many standard errors before it counts as broken. */
const TOLERANCE = 3;

function standardError(rate: number, runs: number): number {
  return Math.sqrt((rate * (1 - rate)) / runs);
}

function rateRow(what: string, promise: string, hits: number, runs: number, kept: boolean | null): Row {
  const rate = hits / runs;
  const [measured, standard_error] = [rate.toFixed(4), standardError(rate, runs).toFixed(4)];
  return { what, promise, measured, standard_error, runs, kept };
}

/** A rate that must not be above `most`. What it may exceed it by goes by the standard error at `most`. */
export function atMost(what: string, most: number, hits: number, runs: number): Row {
  const kept = hits / runs <= most + TOLERANCE * standardError(most, runs);
  return rateRow(what, `≤ ${most}`, hits, runs, kept);
}

export function atLeast(what: string, least: number, hits: number, runs: number): Row {
  const kept = hits / runs >= least - TOLERANCE * standardError(least, runs);
  return rateRow(what, `≥ ${least}`, hits, runs, kept);
}

/** A rate that nothing is promised of. */
export function rate(what: string, hits: number, runs: number): Row {
  return rateRow(what, '', hits, runs, null);
}

/** A figure that nothing is promised of. */
export function figure(what: string, measured: string, runs: number): Row {
  return { what, promise: '', measured, standard_error: '', runs, kept: null };
}

/** A ratio of two means over the same runs that should be 1; its standard error by the delta method. */
export function nearOne(what: string, pairs: readonly (readonly [above: number, below: number])[]): Row {
  const runs = pairs.length;
  const mean = (of: (pair: readonly [number, number]) => number): number =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / runs;
  const below = mean((pair) => pair[1]);
  const ratio = mean((pair) => pair[0]) / below;
  const error = Math.sqrt(mean(([y, x]) => (y - ratio * x) ** 2) / runs) / Math.abs(below);
  const kept = Math.abs(ratio - 1) <= TOLERANCE * error;
  const [measured, standard_error] = [ratio.toFixed(4), error.toFixed(4)];
  return { what, promise: '1', measured, standard_error, runs, kept };
}
