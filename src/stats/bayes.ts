import { logBeta, normalDensity, normalUpperTail } from './distributions.js';

export interface BayesReadout {
  /** P(the variant is better). */
  chance_to_win: number;
  /** E[max(0, how much worse the variant is)], in the metric's unit. */
  expected_loss: number;
}

/** Independent Beta(1 + y, 1 + n − y) posteriors, integrated numerically. `sign` is 1 if more is better. */
export function betaReadout(
  control: { n: number; y: number },
  variant: { n: number; y: number },
  sign: 1 | -1,
): BayesReadout {
  const c = posterior(control);
  const v = posterior(variant);
  // P(V > C) = ∫ f_V·F_C; E[(C − V)⁺] = ∫ F_V·(1 − F_C), and the mirror image if less is better.
  let [above, loss, belowC, belowV] = [0, 0, 0, 0];
  const edges = panelsOf(c, v);
  for (let panel = 1; panel < edges.length; panel += 1) {
    const half = (edges[panel]! - edges[panel - 1]!) / 2;
    if (half === 0) continue;
    // Beyond its mass a distribution function is exactly 1: over a wide panel of the other, even 1e-11 less matters.
    if (edges[panel - 1]! >= c.to) belowC = 1;
    if (edges[panel - 1]! >= v.to) belowV = 1;
    const at = NODES.map((node) => edges[panel - 1]! + half * (1 + node));
    const [fC, fV] = [at.map((x) => density(c, x)), at.map((x) => density(v, x))];
    for (let i = 0; i < NODES.length; i += 1) {
      const [FC, FV] = [belowC + half * dot(UP_TO[i]!, fC), belowV + half * dot(UP_TO[i]!, fV)];
      above += half * WEIGHTS[i]! * fV[i]! * FC;
      loss += half * WEIGHTS[i]! * (sign === 1 ? FV * (1 - FC) : FC * (1 - FV));
    }
    belowC += half * dot(WEIGHTS, fC);
    belowV += half * dot(WEIGHTS, fV);
  }
  const chance = Math.min(1, Math.max(0, above));
  return { chance_to_win: sign === 1 ? chance : 1 - chance, expected_loss: Math.max(0, loss) };
}

/** Normal posterior of the difference. `gain` is positive if the variant is better. */
export function normalReadout(gain: number, standard_error: number): BayesReadout {
  const u = gain / standard_error;
  return {
    chance_to_win: normalUpperTail(-u),
    expected_loss: Math.max(0, standard_error * (normalDensity(u) - u * normalUpperTail(u))),
  };
}

interface Posterior {
  a: number;
  b: number;
  logNorm: number;
  from: number;
  to: number;
}

/** The Beta posterior, and the interval outside which its mass is negligible. */
function posterior({ n, y }: { n: number; y: number }): Posterior {
  const a = 1 + y;
  const b = 1 + n - y;
  const mean = a / (a + b);
  const reach = 9 * Math.sqrt((mean * (1 - mean)) / (a + b + 1)) + 30 / (a + b);
  return {
    a,
    b,
    logNorm: logBeta(a, b),
    from: Math.max(0, mean - reach),
    to: Math.min(1, mean + reach),
  };
}

function density({ a, b, logNorm }: Posterior, x: number): number {
  // An exponent of 0 is a factor of 1, even where a double cannot tell x from 0 or 1.
  const low = a === 1 ? 0 : (a - 1) * Math.log(x);
  const high = b === 1 ? 0 : (b - 1) * Math.log1p(-x);
  return Math.exp(low + high - logNorm);
}

// Gauss–Legendre, 8 points on (−1, 1) (Abramowitz and Stegun 25.4.30).
const POSITIVE = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const POSITIVE_WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];
const NODES = [...POSITIVE.map((node) => -node).reverse(), ...POSITIVE];
const WEIGHTS = [...[...POSITIVE_WEIGHTS].reverse(), ...POSITIVE_WEIGHTS];

/**
 * Row i integrates a function that is known at the nodes, from −1 up to node i. So distribution functions come from the
 * same densities as the integrals, and the cost does not grow with the number of units.
 */
const UP_TO = NODES.map((node) => NODES.map((_, k) => integralOfBasis(k, node)));

/** ∫ from −1 to `to` of the k-th Lagrange polynomial, exact by the rule itself mapped onto that interval. */
function integralOfBasis(k: number, to: number): number {
  const half = (to + 1) / 2;
  return NODES.reduce((sum, node, i) => {
    const t = -1 + half * (1 + node);
    const basis = NODES.reduce(
      (product, other, m) => (m === k ? product : (product * (t - other)) / (NODES[k]! - other)),
      1,
    );
    return sum + half * WEIGHTS[i]! * basis;
  }, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

const PANELS = 48;

/** Panels over both posteriors, narrow enough for the narrower one where it has its mass. */
function panelsOf(...posteriors: Posterior[]): number[] {
  const edges = posteriors.flatMap(({ from, to }) =>
    Array.from({ length: PANELS + 1 }, (_, panel) => from + ((to - from) * panel) / PANELS),
  );
  return edges.sort((a, b) => a - b);
}
