import type { Scenario } from '../../../../src/rehearsal/settings.js';
import type { LivedRun } from './life.js';

/** How a rehearsed life can end. */
export const ENDS = ['shipped', 'rolled_back', 'no_effect', 'inconclusive'] as const;
export type End = (typeof ENDS)[number];

/** A share of the lives with its standard error. */
export interface Odds {
  rate: number;
  error: number;
}

/** How the lives of one scenario ended so far. */
export interface ScenarioOdds {
  scenario: Scenario;
  runs: number;
  counts: Record<End, number>;
  odds: Record<End, Odds>;
  /** Days until the decision, in order. */
  days: number[];
  /** Those of the lives that were rolled back. */
  days_to_harm: number[];
}

/** The odds of each scenario, from the lives that are known so far. @param scenarios in the order of their tasks */
export function oddsOf(scenarios: readonly Scenario[], runs: readonly LivedRun[]): ScenarioOdds[] {
  return scenarios.map((scenario, task) => {
    const own = runs.filter((run) => run.task === task);
    const ended = (end: End) => own.filter(({ outcome }) => outcome === end);
    const each = <T>(of: (end: End) => T) =>
      Object.fromEntries(ENDS.map((end) => [end, of(end)])) as Record<End, T>;
    return {
      scenario,
      runs: own.length,
      counts: each((end) => ended(end).length),
      odds: each((end) => rateOf(ended(end).length, own.length)),
      days: sorted(own.map(({ days }) => days)),
      days_to_harm: sorted(ended('rolled_back').map(({ days }) => days)),
    };
  });
}

function rateOf(count: number, of: number): Odds {
  const rate = of === 0 ? 0 : count / of;
  return { rate, error: of === 0 ? 0 : Math.sqrt((rate * (1 - rate)) / of) };
}

function sorted(values: number[]): number[] {
  return values.sort((a, b) => a - b);
}

export function median(sorted_values: readonly number[]): number | null {
  return sorted_values[Math.floor(sorted_values.length / 2)] ?? null;
}

/** Whether the effect ships as often as the policy wants, within two standard errors. */
export function isAsWanted({ rate, error }: Odds, wanted: number): boolean {
  return rate + 2 * error >= wanted;
}

/**
 * So many of 100 squares for each end, as near to the shares as whole squares come (by largest remainders); the squares of
 * lives that are still to come are left out.
 *
 * @param of how many lives there will be
 */
export function squaresOf(counts: Record<End, number>, of: number): Record<End, number> {
  const exact = ENDS.map((end) => ({ end, share: (100 * counts[end]) / of }));
  const squares = Object.fromEntries(exact.map(({ end, share }) => [end, Math.floor(share)])) as Record<
    End,
    number
  >;
  const done = Math.floor(exact.reduce((sum, { share }) => sum + share, 0) + 1e-9);
  const left = done - Object.values(squares).reduce((sum, number) => sum + number, 0);
  const byRemainder = exact.sort((a, b) => (b.share % 1) - (a.share % 1));
  for (const { end } of byRemainder.slice(0, left)) squares[end] += 1;
  return squares;
}

/** The unit in which a plan of this length is told. */
export function unitOf(days: number): { name: string; per_day: number } {
  if (days >= 3) return { name: 'days', per_day: 1 };
  if (days >= 1 / 8) return { name: 'hours', per_day: 24 };
  return days * 1440 >= 3 ? { name: 'minutes', per_day: 1440 } : { name: 'seconds', per_day: 86_400 };
}

export interface Bin {
  from: number;
  to: number;
  count: number;
  /** Decided at the planned end. */
  is_end: boolean;
}

const MOST_BINS = 12;

/** How long lives took, in the unit of the plan; those that were decided at the planned end stand apart, at the end. */
export function binsOf(days: readonly number[], horizon_days: number): Bin[] {
  const { per_day } = unitOf(horizon_days);
  const horizon = horizon_days * per_day;
  const values = days.map((one) => one * per_day);
  const isAtEnd = (value: number) => value >= horizon * (1 - 1e-6);
  const early = values.filter((value) => !isAtEnd(value));
  const first = early.length === 0 ? horizon : Math.floor(Math.min(...early));
  const width = Math.max(1, Math.ceil((horizon - first) / MOST_BINS));
  const bins: Bin[] = [];
  for (let from = first; from < horizon - 1e-9; from += width) {
    const to = from + width;
    const count = early.filter((value) => value >= from && value < to).length;
    bins.push({ from, to: Math.min(to, horizon), count, is_end: false });
  }
  bins.push({ from: horizon, to: horizon, count: values.length - early.length, is_end: true });
  return bins;
}
