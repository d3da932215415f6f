/**
 * How a kind of series is held against what is usual: its center over earlier windows, and how far a window lies from it in
 * standard deviations of counting alone. Counts are compared after the transformations under which their variance is about
 * constant (Anscombe 1948): 2√(x + 3/8) of a Poisson count, 2√n·asin√p of a share.
 */
export interface Shape<Point> {
  /** What is usual; null where the earlier windows do not say. */
  center(earlier: readonly Point[]): number | null;
  /** Whether a window has enough in it to be seen to deviate. */
  suffices(point: Point, center: number): boolean;
  /** In standard deviations, if nothing but chance of counting moved it; the sign is that of the difference. */
  deviation(point: Point, center: number): number;
  /** How large the difference is: of a level or a mean the logarithm of their ratio, of a share see there. */
  effect(point: Point, center: number): number;
  value(point: Point): number | null;
  expected(point: Point, center: number): number;
}

/** A count, and what it was at earlier times that are like this one; 1 where nothing is known of those. */
export interface Level {
  count: number;
  season: number;
}

/** So many events must be expected in a window. */
const LEAST_EXPECTED = 20;

export const LEVEL: Shape<Level> = {
  center: (earlier) =>
    median(earlier.filter(({ season }) => season > 0).map(({ count, season }) => count / season)),
  suffices: (point, center) => expectedCount(point, center) >= LEAST_EXPECTED,
  deviation: (point, center) =>
    2 * (Math.sqrt(point.count + 3 / 8) - Math.sqrt(expectedCount(point, center) + 3 / 8)),
  effect: (point, center) => Math.log((point.count + 0.5) / (expectedCount(point, center) + 0.5)),
  value: ({ count }) => count,
  expected: expectedCount,
};

function expectedCount({ season }: Level, center: number): number {
  return center * season;
}

/** Nothing at all, where there always was something. Anything else is no silence. */
export const SILENCE: Shape<Level> = {
  ...LEVEL,
  suffices: (point, center) => expectedCount(point, center) >= LEAST_EXPECTED / 2,
  deviation: (point, center) => (point.count === 0 ? LEVEL.deviation(point, center) : 0),
};

export interface Share {
  part: number;
  of: number;
}

/** Of the two arms together, so many must be expected in the smaller one. */
const LEAST_IN_ARM = 10;

/** A treatment among itself and the control; the effect is the logarithm of the ratio of odds. */
export const SHARE_OF_ARM: Shape<Share> = {
  center: pooled,
  suffices: ({ of }, center) => of * Math.min(center, 1 - center) >= LEAST_IN_ARM,
  deviation: shareDeviation,
  effect: ({ part, of }, center) =>
    Math.log((part + 0.5) / (of - part + 0.5)) - Math.log(center / (1 - center)),
  value: shareValue,
  expected: (_, center) => center,
};

/** What should hardly ever be; the effect is the difference of the shares. */
export const SHARE_OF_FLAWED: Shape<Share> = {
  center: pooled,
  suffices: ({ of }) => of >= LEAST_EXPECTED,
  deviation: shareDeviation,
  effect: (point, center) => (shareValue(point) ?? center) - center,
  value: shareValue,
  expected: (_, center) => center,
};

/** Over all windows together: where few are counted, the median of shares would be 0. */
function pooled(earlier: readonly Share[]): number | null {
  const part = earlier.reduce((sum, one) => sum + one.part, 0);
  const of = earlier.reduce((sum, one) => sum + one.of, 0);
  return of === 0 ? null : (part + 0.5) / (of + 1);
}

function shareDeviation({ part, of }: Share, center: number): number {
  const seen = Math.min(1, (part + 3 / 8) / (of + 3 / 4));
  return 2 * Math.sqrt(of + 0.5) * (Math.asin(Math.sqrt(seen)) - Math.asin(Math.sqrt(center)));
}

function shareValue({ part, of }: Share): number | null {
  return of === 0 ? null : part / of;
}

/** A mean of values, or how two means stand to one another: then `against` is that of the control. */
export interface Mean {
  n: number;
  sum: number;
  against: { n: number; sum: number } | null;
}

export const MEAN: Shape<Mean> = {
  center: (earlier) => median(earlier.flatMap((point) => logOf(point) ?? [])),
  suffices: ({ n, against }) => n >= LEAST_EXPECTED && (against === null || against.n >= LEAST_EXPECTED),
  // As if values spread like waiting times, whose standard deviation is their mean. Where they spread more, the windows do.
  deviation: (point, center) =>
    ((logOf(point) ?? center) - center) / Math.sqrt(1 / point.n + (point.against ? 1 / point.against.n : 0)),
  effect: (point, center) => (logOf(point) ?? center) - center,
  value: (point) => {
    const log = logOf(point);
    return log === null ? null : Math.exp(log);
  },
  expected: (_, center) => Math.exp(center),
};

/** Null where a mean is not positive, so that there is no ratio. */
function logOf({ n, sum, against }: Mean): number | null {
  const own = n > 0 ? sum / n : 0;
  const other = against === null ? 1 : against.n > 0 ? against.sum / against.n : 0;
  return own > 0 && other > 0 ? Math.log(own / other) : null;
}

/** Null of nothing. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  return ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}
