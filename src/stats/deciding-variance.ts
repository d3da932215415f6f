import { successesOf, isRate, overStrata, shareLeft, type Pair } from './pair.js';

/**
 * The variance of d_r = m_T − (1+r)·m_C that everything that decides rests on: the greatest of several forms, because
 * each alone is too small somewhere. With unequal arms the unpooled form proves harm of .41 instead of .05 of harmless
 * treatments (rates of 1 %, 10/90). Without a spread only the score form has an answer: a difference is then
 * overwhelming, not missing evidence. Where all units are alike, only the floor knows that a margin is no difference
 * that was seen. Null with fewer than two units in an arm; 0 only if d_r is 0 as well.
 *
 * @param r relative to the signed value of the control; 0 tests for any difference
 */
export function decidingVariance(pair: Pair, r: number): number | null {
  if (pair.vC === null || pair.vT === null) return null;
  const q = 1 + r;
  const forms = [
    overStrata(pair, ({ vC, vT }) => vT! + q * q * vC!),
    overStrata(pair, (part) => scoreForm(part, r)),
    overStrata(pair, (part) => floor(part, r)),
  ];
  if (isRate(pair) && q > 0) forms.push(rateForm(pair, r));
  return Math.max(...forms);
}

/**
 * The variance within the arms together with what d_r itself adds, as in a score test: no |Z| exceeds √(N−1). Source:
 * Rao (1948), Proc. Camb. Phil. Soc. 44, 50–57.
 */
function scoreForm({ vC, vT, nC, nT, mC, difference }: Pair, r: number): number {
  const q = 1 + r;
  const n = nT + nC;
  const d = difference! - r * mC!;
  const within = (nT - 1) * nT * vT! + q * q * (nC - 1) * nC * vC!;
  return ((1 / nT + 1 / nC) * (within + ((nT * nC) / n) * d * d)) / (n - 1);
}

/** As if a share ρ = min(|r|, ½) of units had 0 instead of m_C. */
function floor({ nC, nT, mC }: Pair, r: number): number {
  const share = Math.min(Math.abs(r), 0.5);
  return (1 / nT + 1 / nC) * share * (1 - share) * mC! * mC!;
}

/**
 * For rates: under m_T = (1+r)·m_C there is one rate p to estimate. Source: Farrington, Manning (1990), Statist. Med. 9,
 * 1447–1454, with the simpler estimate of p. What is left to 1 is taken from the units without success: near 1 a
 * difference of doubles would lose digits. A covariate leaves the same share of it as of the variance within the arms.
 */
function rateForm(pair: Pair, r: number): number {
  const q = 1 + r;
  return overStrata(pair, (part) => {
    const { nC, nT } = part;
    const { control, treatment } = part.raw;
    const y = successesOf(control) + successesOf(treatment);
    const failures = Number(control.n + treatment.n - y);
    const weight = q * nT + nC;
    let p = Number(y) / weight;
    let left = (failures + r * nT) / weight;
    let shifted = q * p;
    let shiftedLeft = (failures - r * Number(y - treatment.n)) / weight;
    const most = Math.min(1, 1 / q);
    if (p > most) [p, left, shifted, shiftedLeft] = [most, 1 - most, q * most, 1 - q * most];
    return (
      shareLeft(part) * ((shifted * Math.max(0, shiftedLeft)) / nT + (q * q * p * Math.max(0, left)) / nC)
    );
  });
}
