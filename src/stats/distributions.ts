import betainc from '@stdlib/math-base-special-betainc';
import gammainc from '@stdlib/math-base-special-gammainc';
import gammaln from '@stdlib/math-base-special-gammaln';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import jstat from 'jstat';

// The only file that imports a numeric library. jstat's normal quantile is right, but its tails are wrong (normal.cdf
// is 0 beyond 8.3, beta.cdf is off by 12 % at a = b = 1e6), so everything else comes from stdlib.

export const LN_2PI = Math.log(2 * Math.PI);

/** z with P(Z ≤ z) = p, for p in (1e-8, 1 − 1e-8). */
export function normalQuantile(p: number): number {
  return jstat.jStat.normal.inv(p, 0, 1);
}

/** P(Z > z), with a small relative error up to z = 37. */
export function normalUpperTail(z: number): number {
  return normalCdf(-z, 0, 1);
}

export function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2 - LN_2PI / 2);
}

/** ln Φ(z), even where Φ itself would underflow. */
export function logNormalCdf(z: number): number {
  return z > -30 ? Math.log(normalCdf(z, 0, 1)) : logScaledCdf(z) - (z * z) / 2;
}

/** z²/2 + ln Φ(z). Far out on the left both terms are huge, but their sum is small. */
export function logScaledCdf(z: number): number {
  if (z > -30) return (z * z) / 2 + Math.log(normalCdf(z, 0, 1));
  const w = 1 / (z * z);
  // Abramowitz and Stegun 26.2.12.
  return -LN_2PI / 2 - Math.log(-z) + Math.log1p(w * (-1 + w * (3 + w * (-15 + w * 105))));
}

/** P(|T| > |t|) with `df` degrees of freedom. */
export function tTwoSided(t: number, df: number): number {
  return Math.min(1, 2 * tCdf(-Math.abs(t), df));
}

/** With so many degrees of freedom the expansion below has an error of less than 1e-11. */
const MANY = 1_000;

/** t with P(T ≤ t) = p. */
export function tQuantileOf(p: number, df: number): number {
  if (df < MANY) return tQuantile(p, df);
  const z = normalQuantile(p);
  const w = z * z;
  // Abramowitz and Stegun 26.7.5: without iterations, for the many looks at many units.
  const terms = [
    (w + 1) / 4,
    (w * (5 * w + 16) + 3) / 96,
    (w * (w * (3 * w + 19) + 17) - 15) / 384,
    (w * (w * (w * (79 * w + 776) + 1482) - 1920) - 945) / 92160,
  ];
  return z * (1 + terms.reduceRight((sum, term) => (sum + term) / df, 0));
}

/** P(X > x) of chi-square with `df` degrees of freedom. */
export function chiSquareUpperTail(x: number, df: number): number {
  return gammainc(x / 2, df / 2, true, true);
}

/** I_x(a, b), the regularised incomplete beta function. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  return x >= 1 ? 1 : betainc(x, a, b);
}

/** The remainder of Stirling's formula: ln Γ(x) − ((x − ½) ln x − x + ½ ln 2π). */
export function stirlingRest(x: number): number {
  if (x < 16) return gammaln(x) - ((x - 0.5) * Math.log(x) - x + LN_2PI / 2);
  const w = 1 / (x * x);
  // Abramowitz and Stegun 6.1.41.
  return (1 / 12 + w * (-1 / 360 + w * (1 / 1260 + w * (-1 / 1680 + w / 1188)))) / x;
}

/**
 * a·ln x + b·ln(1−x) − ln B(a, b), as the divergence of x from a/(a+b): the large terms are cancelled on paper, because
 * in doubles their cancellation would lose digits (eight of them at a + b = 1e9).
 */
function logBetaKernel(x: number, a: number, b: number): number {
  const sum = a + b;
  const excess = a - sum * x;
  const divergence =
    sum * (x * logExcess(excess / (sum * x)) + (1 - x) * logExcess(-excess / (sum * (1 - x))));
  const rests = stirlingRest(a) + stirlingRest(b) - stirlingRest(sum);
  return -divergence - (Math.log(sum / a / b) + LN_2PI) / 2 - rests;
}

/**
 * (1+e)·ln(1+e) − e; 1 in the limit of e = −1. Near 0 the two terms cancel, so there it is the sum of its Taylor
 * series Σ (−1)^j·e^j/(j(j−1)) over j ≥ 2: the derivative is ln(1+e) = Σ (−1)^(j−1)·e^j/j, integrated term by term
 * from 0. Up to j = 10 the error is below e^11/110, 1e-24 at |e| = 0.01.
 */
export function logExcess(e: number): number {
  if (e <= -1) return 1;
  if (Math.abs(e) > 0.01) return (1 + e) * Math.log1p(e) - e;
  let power = e;
  let sum = 0;
  for (let j = 2; j <= 10; j += 1) {
    power *= -e;
    sum -= power / (j * (j - 1));
  }
  return sum;
}

/** ln(1+x) − x for x > −1, without the cancellation of the two near 0: by the series of 2·artanh(x/(2+x)). */
export function log1pMinus(x: number): number {
  if (Math.abs(x) > 0.25) return Math.log1p(x) - x;
  const t = x / (2 + x);
  const w = t * t;
  const series = 1 / 3 + w * (1 / 5 + w * (1 / 7 + w * (1 / 9 + w * (1 / 11 + w * (1 / 13 + w / 15)))));
  return 2 * t * w * series - x * t;
}

/** ln Σ exp(xᵢ), even where the summands would overflow. */
export function logSumExp(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}

/**
 * ln of both regularised incomplete beta functions of x, each divided by x^a·(1−x)^b/B(a, b). The small one of the two
 * is that kernel times a plain fraction (DLMF 8.17.22): divided by it, nothing under- or overflows.
 */
export function logBetaSides(x: number, a: number, b: number): { lower: number; upper: number } {
  const kernel = logBetaKernel(x, a, b);
  const rest = (tail: number): number => Math.log1p(-Math.exp(tail + kernel)) - kernel;
  if (x < (a + 1) / (a + b + 2)) {
    const lower = Math.log(betaFraction(x, a, b) / a);
    return { lower, upper: rest(lower) };
  }
  const upper = Math.log(betaFraction(1 - x, b, a) / b);
  return { lower: rest(upper), upper };
}

/** The continued fraction of I_x(a, b), by Lentz's method (DLMF 8.17.22). Converges for x < (a+1)/(a+b+2). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 100_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return fraction;
}
