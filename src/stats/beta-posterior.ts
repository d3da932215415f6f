import { log1pMinus, stirlingRest } from './distributions.js';

/** Beta(1 + y, 1 + n − y), of y successes among n units. */
export interface Posterior {
  n: number;
  y: number;
  /** The most likely rate, what it lacks to 1, and its distance from the control's. */
  mode: number;
  rest: number;
  at: number;
  /** ln of the density at the mode. */
  logPeak: number;
  /** Distances from the control's most likely rate, outside of which its mass is negligible. */
  from: number;
  to: number;
}

export function posterior({ n, y }: { n: number; y: number }, at: number): Posterior {
  const [mode, rest] = [y / n, (n - y) / n];
  const mean = (1 + y) / (n + 2);
  const reach = 9 * Math.sqrt((mean * (1 - mean)) / (n + 3)) + 30 / (n + 2);
  const meanToMode = (n - 2 * y) / n / (n + 2);
  // By Stirling's formula for (n+1)·C(n, y)·m^y·(1−m)^(n−y).
  const inside = y > 0 && y < n;
  const rests = inside
    ? Math.log(n / (2 * Math.PI * y) / (n - y)) / 2 + stirlingRest(n) - stirlingRest(y) - stirlingRest(n - y)
    : 0;
  return {
    n,
    y,
    mode,
    rest,
    at,
    logPeak: Math.log1p(n) + rests,
    from: at + Math.max(-mode, meanToMode - reach),
    to: at + Math.min(rest, meanToMode + reach),
  };
}

/** At a distance `x` from the control's mode: relative to the peak it is a sum of terms of one sign, nothing cancels. */
export function densityAt({ n, y, mode, rest, at, logPeak }: Posterior, x: number): number {
  const d = x - at;
  if (mode + d < 0 || rest - d < 0) return 0;
  if (y === 0) return Math.exp(logPeak + n * Math.log1p(-d));
  if (y === n) return Math.exp(logPeak + n * Math.log1p(d));
  return Math.exp(logPeak + y * log1pMinus(d / mode) + (n - y) * log1pMinus(-d / rest));
}

// Gauss–Legendre, 8 points on (−1, 1) (Abramowitz and Stegun 25.4.30).
const POSITIVE = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const POSITIVE_WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];
export const NODES = [...POSITIVE.map((node) => -node).reverse(), ...POSITIVE];
export const WEIGHTS = [...[...POSITIVE_WEIGHTS].reverse(), ...POSITIVE_WEIGHTS];
