import { betaCdf, logBeta, normalDensity, normalUpperTail } from './distributions.js';

export interface BayesReadout {
  /** P(the variant is better). */
  chance_to_win: number;
  /** E[max(0, how much worse the variant is)], in the metric's unit. */
  expected_loss: number;
}

/** Independent Beta(1 + y, 1 + n − y) posteriors, integrated numerically. `sign` is 1 where more is better. */
export function betaReadout(
  control: { n: number; y: number },
  variant: { n: number; y: number },
  sign: 1 | -1,
): BayesReadout {
  const c = posterior(control);
  const v = posterior(variant);
  const edges = panelsOf(c, v);
  // P(V > C) = ∫ f_V·F_C; E[(C − V)⁺] = ∫ F_V·(1 − F_C), and the mirror images where less is better.
  const above = integrate((x) => density(v, x) * betaCdf(x, c.a, c.b), edges);
  const loss = integrate(
    (x) =>
      sign === 1
        ? betaCdf(x, v.a, v.b) * betaCdf(1 - x, c.b, c.a)
        : betaCdf(x, c.a, c.b) * betaCdf(1 - x, v.b, v.a),
    edges,
  );
  const chance = Math.min(1, Math.max(0, above));
  return { chance_to_win: sign === 1 ? chance : 1 - chance, expected_loss: Math.max(0, loss) };
}

/** Normal posterior of the difference. `gain` is positive where the variant is better. */
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

/** The Beta posterior and the interval outside of which it has no mass worth the name. */
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
  return Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logNorm);
}

// Gauss–Legendre, 8 points (Abramowitz and Stegun 25.4.30), the positive half.
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];
const PANELS = 24;

/** Panels over both posteriors, as narrow as the narrower one where it has its mass. */
function panelsOf(...posteriors: Posterior[]): number[] {
  const edges = posteriors.flatMap(({ from, to }) =>
    Array.from({ length: PANELS + 1 }, (_, panel) => from + ((to - from) * panel) / PANELS),
  );
  return edges.sort((a, b) => a - b);
}

function integrate(f: (x: number) => number, edges: readonly number[]): number {
  let sum = 0;
  for (let panel = 1; panel < edges.length; panel += 1) {
    const half = (edges[panel]! - edges[panel - 1]!) / 2;
    if (half === 0) continue;
    const centre = edges[panel - 1]! + half;
    for (const [i, node] of NODES.entries()) {
      sum += half * WEIGHTS[i]! * (f(centre - half * node) + f(centre + half * node));
    }
  }
  return sum;
}
