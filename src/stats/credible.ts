import { densityAt, NODES, posterior, WEIGHTS, type Posterior } from './beta-posterior.js';
import { normalQuantile } from './distributions.js';

interface Counts {
  n: number;
  y: number;
}

/**
 * The interval of V − C with equal tails, for independent Beta(1 + y, 1 + n − y) posteriors of both rates.
 *
 * With W the wider posterior and S the narrower one, P(W − S ≤ η) = ∫ f_S(x)·F_W(x + η) dx. F_W is tabulated once, piece
 * by piece as polynomials, f_S at the nodes of its own panels, and η is found by Newton's method. The limits are within
 * 1e-6 of half the interval's width.
 *
 * @param difference of the two most likely rates, variant − control
 */
export function betaDifferenceInterval(
  control: Counts,
  variant: Counts,
  difference: number,
  level: number,
): { lower: number; upper: number } {
  const [c, v] = [shapeOf(control), shapeOf(variant)];
  const tail = (1 - level) / 2;
  if (v.sd >= c.sd) {
    const quantile = quantilesOf(v, c);
    return { lower: difference + quantile(tail), upper: difference + quantile(1 - tail) };
  }
  const quantile = quantilesOf(c, v);
  return { lower: difference - quantile(1 - tail), upper: difference - quantile(tail) };
}

/** A posterior around its mode, with its mean and standard deviation. */
interface Shape {
  posterior: Posterior;
  /** Mean − mode. */
  mean: number;
  sd: number;
}

function shapeOf({ n, y }: Counts): Shape {
  const mean = (1 + y) / (n + 2);
  return {
    posterior: posterior({ n, y }, 0),
    mean: (n - 2 * y) / n / (n + 2),
    sd: Math.sqrt((mean * (1 + n - y)) / (n + 2) / (n + 3)),
  };
}

/** The quantiles of W − S, both relative to their modes. */
function quantilesOf(wide: Shape, narrow: Shape): (p: number) => number {
  const difference = new Difference(wide.posterior, narrow.posterior);
  const sd = Math.hypot(wide.sd, narrow.sd);
  const mean = wide.mean - narrow.mean;
  return (p) => {
    let [least, most] = [
      wide.posterior.from - narrow.posterior.to,
      wide.posterior.to - narrow.posterior.from,
    ];
    let at = Math.min(most, Math.max(least, mean + normalQuantile(p) * sd));
    for (let round = 0; round < 60; round += 1) {
      const { below, density } = difference.at(at);
      if (below < p) least = at;
      else most = at;
      const step = density > 0 ? (p - below) / density : Infinity;
      const next = at + step;
      const isInside = next > least && next < most;
      at = isInside ? next : (least + most) / 2;
      // Newton's error after a step is about the square of that step.
      if (isInside && Math.abs(step) < 1e-6 * sd) break;
      if (most - least < 1e-9 * sd) break;
    }
    return at;
  };
}

/** Polynomials need more panels than Gauss's rule does. */
const PANELS = 24;
const NARROW_PANELS = 10;
const DEGREE = NODES.length;

/**
 * Coefficients of the k-th Lagrange polynomial's integral from −1, lowest power first: so a distribution function is a
 * polynomial in each panel.
 */
const INTEGRALS = NODES.map((_, k) => {
  let basis = [1];
  for (const [m, node] of NODES.entries()) {
    if (m === k) continue;
    const over = NODES[k]! - node;
    const shifted = [0, ...basis];
    basis = shifted.map((one, power) => (one - node * (basis[power] ?? 0)) / over);
  }
  const integral = [0, ...basis.map((one, power) => one / (power + 1))];
  integral[0] = -integral.reduce((sum, one, power) => sum + (power % 2 === 0 ? one : -one), 0);
  return integral;
});

/** W − S at any distance. */
class Difference {
  private readonly half: number;
  /** F_W in each panel of W: DEGREE + 1 coefficients. */
  private readonly pieces = new Float64Array(PANELS * (DEGREE + 1));
  private readonly narrowHalf: number;
  /** The nodes of the panels of S, and f_S times the weights there. */
  private readonly nodes = new Float64Array(NARROW_PANELS * DEGREE);
  private readonly masses = new Float64Array(NARROW_PANELS * DEGREE);
  /** Where W ends abruptly, at a rate of 0 or 1: there a panel is split, because no rule integrates across a kink. */
  private readonly ends: number[];

  constructor(
    private readonly wide: Posterior,
    private readonly narrow: Posterior,
  ) {
    this.half = (wide.to - wide.from) / PANELS / 2;
    this.narrowHalf = (narrow.to - narrow.from) / NARROW_PANELS / 2;
    const { n, y } = wide;
    this.ends = [...(y < DEGREE ? [-wide.mode] : []), ...(n - y < DEGREE ? [wide.rest] : [])];
    let sum = 0;
    for (let panel = 0; panel < PANELS; panel += 1) sum = this.tabulate(panel, sum);
    for (let panel = 0; panel < NARROW_PANELS; panel += 1) {
      const from = narrow.from + 2 * panel * this.narrowHalf;
      this.fill(this.nodes, this.masses, panel * DEGREE, from, this.narrowHalf);
    }
  }

  /** Returns the mass of W up to the end of the panel. */
  private tabulate(panel: number, before: number): number {
    const { wide, half, pieces } = this;
    const [from, at] = [wide.from + 2 * panel * half, panel * (DEGREE + 1)];
    let sum = before;
    for (let k = 0; k < DEGREE; k += 1) {
      const mass = half * densityAt(wide, from + half * (1 + NODES[k]!));
      sum += mass * WEIGHTS[k]!;
      const integral = INTEGRALS[k]!;
      for (let power = 0; power <= DEGREE; power += 1) pieces[at + power]! += mass * integral[power]!;
    }
    pieces[at]! += before;
    return sum;
  }

  private fill(nodes: Float64Array, masses: Float64Array, at: number, from: number, half: number): void {
    for (let i = 0; i < DEGREE; i += 1) {
      const x = from + half * (1 + NODES[i]!);
      nodes[at + i] = x;
      masses[at + i] = half * WEIGHTS[i]! * densityAt(this.narrow, x);
    }
  }

  /** P(W − S ≤ eta), and the density there. */
  at(eta: number): { below: number; density: number } {
    const { narrow, narrowHalf, nodes, masses } = this;
    const kinks = this.ends.map((end) => end - eta).filter((kink) => kink > narrow.from && kink < narrow.to);
    if (kinks.length === 0) return this.integral(nodes, masses, eta);
    const edges = Array.from({ length: NARROW_PANELS + 1 }, (_, i) => narrow.from + 2 * i * narrowHalf);
    edges.push(...kinks);
    edges.sort((a, b) => a - b);
    const size = (edges.length - 1) * DEGREE;
    const [split, splitMasses] = [new Float64Array(size), new Float64Array(size)];
    let whole = 0;
    for (let panel = 0; panel + 1 < edges.length; panel += 1) {
      const [from, to] = [edges[panel]!, edges[panel + 1]!];
      if (kinks.includes(from) || kinks.includes(to)) {
        this.fill(split, splitMasses, panel * DEGREE, from, (to - from) / 2);
      } else {
        split.set(nodes.subarray(whole * DEGREE, (whole + 1) * DEGREE), panel * DEGREE);
        splitMasses.set(masses.subarray(whole * DEGREE, (whole + 1) * DEGREE), panel * DEGREE);
      }
      if (!kinks.includes(to)) whole += 1;
    }
    return this.integral(split, splitMasses, eta);
  }

  private integral(
    nodes: Float64Array,
    masses: Float64Array,
    eta: number,
  ): { below: number; density: number } {
    const { wide, half, pieces } = this;
    let [below, density] = [0, 0];
    for (let i = 0; i < nodes.length; i += 1) {
      const position = (nodes[i]! + eta - wide.from) / half / 2;
      if (position <= 0) continue;
      if (position >= PANELS) {
        below += masses[i]!;
        continue;
      }
      const panel = Math.floor(position);
      const t = 2 * (position - panel) - 1;
      const at = panel * (DEGREE + 1);
      let value = pieces[at + DEGREE]!;
      let slope = 0;
      for (let power = DEGREE - 1; power >= 0; power -= 1) {
        slope = slope * t + value;
        value = value * t + pieces[at + power]!;
      }
      below += masses[i]! * value;
      density += (masses[i]! * slope) / half;
    }
    return { below, density };
  }
}
