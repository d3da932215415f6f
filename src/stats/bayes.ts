import { log1pMinus, normalDensity, normalUpperTail, stirlingRest } from './distributions.js';

export interface BayesReadout {
  /** P(the variant is better). */
  chance_to_win: number;
  /** E[max(0, how much worse the variant is)], in the metric's unit. */
  expected_loss: number;
}

/**
 * Independent Beta(1 + y, 1 + n − y) posteriors, integrated numerically. All points are distances from the control's
 * most likely rate: with 1e9 units a rate as a double has too few digits for what a posterior has of width.
 *
 * @param difference of the two most likely rates, variant − control
 * @param sign 1 if more is better
 */
export function betaReadout(
  control: { n: number; y: number },
  variant: { n: number; y: number },
  difference: number,
  sign: 1 | -1,
): BayesReadout {
  const [c, v] = [posterior(control, 0), posterior(variant, difference)];
  // P(V > C) = ∫ f_V·F_C; E[(C − V)⁺] = ∫ F_V·(1 − F_C), and the mirror image if less is better.
  const [better, worse] = sign === 1 ? [v, c] : [c, v];
  const panels = panelsOf(better, worse);
  const [ofBetter, ofWorse] = [massesOf(better, panels), massesOf(worse, panels)];
  let [chance, loss] = [0, 0];
  for (let panel = 0; panel < panels.length; panel += 1) {
    const { half } = panels[panel]!;
    for (let i = 0; i < NODES.length; i += 1) {
      const at = panel * NODES.length + i;
      const weight = half * WEIGHTS[i]!;
      chance += weight * ofBetter.density[at]! * ofWorse.below[at]!;
      loss += weight * ofBetter.below[at]! * ofWorse.above[at]!;
    }
  }
  return { chance_to_win: Math.min(1, chance), expected_loss: loss };
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

function posterior({ n, y }: { n: number; y: number }, at: number): Posterior {
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
function densityAt({ n, y, mode, rest, at, logPeak }: Posterior, x: number): number {
  const d = x - at;
  if (mode + d < 0 || rest - d < 0) return 0;
  if (y === 0) return Math.exp(logPeak + n * Math.log1p(-d));
  if (y === n) return Math.exp(logPeak + n * Math.log1p(d));
  return Math.exp(logPeak + y * log1pMinus(d / mode) + (n - y) * log1pMinus(-d / rest));
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

function dot(a: readonly number[], b: Float64Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[from + i]!;
  return sum;
}

const PANELS = 24;

interface Panel {
  from: number;
  to: number;
  half: number;
}

/** Panels over both posteriors, narrow enough for the narrower one where it has its mass. */
function panelsOf(...posteriors: Posterior[]): Panel[] {
  const edges = posteriors
    .flatMap(({ from, to }) =>
      Array.from({ length: PANELS + 1 }, (_, panel) => from + ((to - from) * panel) / PANELS),
    )
    .sort((a, b) => a - b);
  return edges.slice(1).flatMap((to, index) => {
    const from = edges[index]!;
    return to > from ? [{ from, to, half: (to - from) / 2 }] : [];
  });
}

/** A posterior at the nodes of all panels: its density, its mass below and above. */
interface Masses {
  density: Float64Array;
  below: Float64Array;
  above: Float64Array;
}

/** Both masses are summed from their own end, so that both tails keep their digits. */
function massesOf(posterior: Posterior, panels: readonly Panel[]): Masses {
  const size = NODES.length;
  const [density, below, above] = [0, 1, 2].map(() => new Float64Array(panels.length * size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const first = panels.findIndex(({ to }) => to > posterior.from);
  const end = first + panels.slice(first).filter(({ from }) => from < posterior.to).length;
  let sum = 0;
  for (let panel = first; panel < end; panel += 1) {
    const { from, half } = panels[panel]!;
    const at = panel * size;
    for (let i = 0; i < size; i += 1) density[at + i] = densityAt(posterior, from + half * (1 + NODES[i]!));
    for (let i = 0; i < size; i += 1) {
      const mass = half * dot(UP_TO[i]!, density, at);
      below[at + i] = sum + mass;
      above[at + i] = -mass;
    }
    sum += half * dot(WEIGHTS, density, at);
  }
  // Outside of its range the mass is exactly 0 or 1: over a wide panel of the other, even 1e-11 matters.
  below.fill(1, end * size);
  above.fill(1, 0, first * size);
  sum = 0;
  for (let panel = end - 1; panel >= first; panel -= 1) {
    const { half } = panels[panel]!;
    const at = panel * size;
    sum += half * dot(WEIGHTS, density, at);
    for (let i = 0; i < size; i += 1) above[at + i]! += sum;
  }
  return { density, below, above };
}
