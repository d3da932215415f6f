import type { Draws } from './kind.js';

/** Requests (or other denominators) of a simulated unit: a mean of 5, twice as spread as a Poisson's. */
const DENOMINATORS = { mean: 5, variance: 10 };

/**
 * The sums of `n` units with D requests each, spread as above, of which a share counts towards Y. Second moments are
 * at their expectation.
 */
export function clusteredSums(n: number, share: number, scale: number, draws: Draws) {
  const { mean, variance } = DENOMINATORS;
  const d = Math.max(0, Math.round(n * mean + Math.sqrt(n * variance) * draws.normal()));
  const noise = Math.sqrt(d * share * Math.max(0, 1 - share)) * draws.normal();
  const dd = Math.round(n * (variance + mean * mean));
  return {
    sum_y: Math.max(0, Math.round((share * d + noise) * scale)),
    sum_d: d,
    sum_yy: Math.ceil((share * share * dd + n * mean * share * Math.max(0, 1 - share)) * scale * scale),
    sum_dd: dd,
    sum_yd: Math.round(share * dd * scale),
  };
}
