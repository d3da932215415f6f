import { logScaledCdf, logSumExp } from './distributions.js';

/**
 * The mixture precision that makes a confidence sequence tightest at `planned` units (N*), for error `alpha`:
 * ρ²·N* = −2 ln α + ln(1 − 2 ln α). Source: Howard, Ramdas, McAuliffe, Sekhon (2021), Ann. Statist. 49, 1055–1080.
 */
export function mixturePrecision(alpha: number, planned: number): number {
  const log = -2 * Math.log(alpha);
  return (log + Math.log(1 + log)) / planned;
}

/** Half-width of the two-sided sequence at `units`, in standard errors. */
export function sequenceMultiplier(alpha: number, planned: number, units: number): number {
  const x = units * mixturePrecision(alpha, planned);
  return Math.sqrt(((x + 1) / x) * Math.log((x + 1) / (alpha * alpha)));
}

/** The always-valid two-sided p-value at this moment. */
export function sequencePValue(alpha: number, planned: number, units: number, z: number): number {
  const x = units * mixturePrecision(alpha, planned);
  return Math.min(1, Math.exp(Math.log1p(x) / 2 - (x * z * z) / (2 * (x + 1))));
}

/** The e-values are tuned to the planned units, to a 30th and to a 900th of them: tuned to many, one is blind early. */
const TUNED = [
  { share: 0.8, divisor: 1 },
  { share: 0.1, divisor: 30 },
  { share: 0.1, divisor: 900 },
] as const;

/** ln of the one-sided e-value: a mixture over three planned sizes. A mixture of e-processes is one. */
export function logOneSidedE(alpha: number, planned: number, units: number, z: number): number {
  return logSumExp(
    TUNED.map(({ share, divisor }) => Math.log(share) + logTunedE(alpha, planned / divisor, units, z)),
  );
}

/**
 * One of them: a normal mixture over the positive half-line.
 * E = 2(1+x)^(−½)·exp(x z²/(2(x+1)))·Φ(z √(x/(x+1))), x = N ρ₁², ρ₁² tuned at 2α.
 */
function logTunedE(alpha: number, planned: number, units: number, z: number): number {
  const x = units * mixturePrecision(2 * alpha, planned);
  const share = x / (x + 1);
  return Math.LN2 - Math.log1p(x) / 2 + logScaledCdf(z * Math.sqrt(share));
}
