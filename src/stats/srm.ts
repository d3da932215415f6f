import { chiSquareUpperTail, logExcess, stirlingRest } from './distributions.js';
import type { Srm } from './evidence.js';

/** Total weight of the Dirichlet prior. */
const PRIOR = 1_000;
const ALARM = Math.log(1_000);

/**
 * Sample ratio mismatch: χ² for people, and for the engine a Bayes factor that may be checked at any time, with a
 * Dirichlet prior of mean θ and total k. Source: Lindon, Malek (2022), NeurIPS 35.
 *
 * @param units per arm
 * @param weights per arm, in the same order, in any scale
 */
export function sampleRatio(units: readonly number[], weights: readonly number[]): Srm {
  const total = units.reduce((sum, n) => sum + n, 0);
  if (total === 0) return { chi_square: null, p_value: null, log_bayes_factor: 0, alarm: false };
  const weight = weights.reduce((sum, w) => sum + w, 0);
  const shares = weights.map((w) => w / weight);
  const chi_square = units.reduce(
    (sum, n, i) => sum + (n - total * shares[i]!) ** 2 / (total * shares[i]!),
    0,
  );
  const log_bayes_factor = logBayesFactor(units, shares, PRIOR);
  return {
    chi_square,
    p_value: chiSquareUpperTail(chi_square, units.length - 1),
    log_bayes_factor,
    alarm: log_bayes_factor >= ALARM,
  };
}

/**
 * ln BF = lnΓ(k) − lnΓ(k+N) + Σ[lnΓ(kθᵢ+nᵢ) − lnΓ(kθᵢ)] − Σ nᵢ ln θᵢ, as differences of Stirling's series: the large
 * terms are cancelled on paper, because in doubles their cancellation would lose digits.
 */
export function logBayesFactor(units: readonly number[], shares: readonly number[], k: number): number {
  const total = units.reduce((sum, n) => sum + n, 0);
  const after = k + total;
  let log =
    Math.log(after) / 2 + ((units.length - 1) * Math.log(k)) / 2 + stirlingRest(k) - stirlingRest(after);
  units.forEach((n, i) => {
    const share = shares[i]!;
    const expected = after * share;
    const excess = (n - total * share) / expected;
    log +=
      expected * logExcess(excess) +
      (Math.log(share) - Math.log(k * share + n)) / 2 +
      stirlingRest(k * share + n) -
      stirlingRest(k * share);
  });
  return log;
}
