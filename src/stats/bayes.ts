import { densityAt, NODES, posterior, WEIGHTS, type Posterior } from './beta-posterior.js';
import { betaDifferenceInterval } from './credible.js';
import { normalDensity, normalQuantile, normalUpperTail } from './distributions.js';

/** P that the true difference lies in the credible interval. */
export const CREDIBLE_LEVEL = 0.95;

export interface BayesReadout {
  /** P(the variant is better). */
  chance_to_win: number;
  /** E[max(0, how much worse the variant is)], in the metric's unit. */
  expected_loss: number;
  /** The difference lies in it with this probability, and with equal ones on either side of it. */
  credible: { level: number; lower: number; upper: number };
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
  return {
    chance_to_win: Math.min(1, chance),
    expected_loss: loss,
    credible: {
      level: CREDIBLE_LEVEL,
      ...betaDifferenceInterval(control, variant, difference, CREDIBLE_LEVEL),
    },
  };
}

/**
 * Normal posterior of the difference.
 *
 * @param sign 1 if more is better
 */
export function normalReadout(difference: number, standard_error: number, sign: 1 | -1): BayesReadout {
  const u = (sign * difference) / standard_error;
  const reach = normalQuantile((1 + CREDIBLE_LEVEL) / 2) * standard_error;
  return {
    chance_to_win: normalUpperTail(-u),
    expected_loss: Math.max(0, standard_error * (normalDensity(u) - u * normalUpperTail(u))),
    credible: { level: CREDIBLE_LEVEL, lower: difference - reach, upper: difference + reach },
  };
}

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
