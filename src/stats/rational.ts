/** An exact fraction. `d` is positive. */
export interface Rational {
  n: bigint;
  d: bigint;
}

export function fraction(n: bigint, d: bigint): Rational {
  return d < 0n ? { n: -n, d: -d } : { n, d };
}

export function add(a: Rational, b: Rational): Rational {
  return { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export function subtract(a: Rational, b: Rational): Rational {
  return { n: a.n * b.d - b.n * a.d, d: a.d * b.d };
}

export function multiply(a: Rational, b: Rational): Rational {
  return { n: a.n * b.n, d: a.d * b.d };
}

export function divide(a: Rational, b: Rational): Rational {
  return fraction(a.n * b.d, a.d * b.n);
}

function bits(value: bigint): number {
  return value.toString(16).length * 4;
}

/** Below this every integer is a double. */
const EXACT = 1n << 53n;

/** The nearest double, to within one unit in the last place, whatever the size of the integers. */
export function toNumber({ n, d }: Rational): number {
  if (n === 0n) return 0;
  const magnitude = n < 0n ? -n : n;
  if (magnitude < EXACT && d < EXACT) return Number(n) / Number(d);
  // The quotient has so many bits that truncating it loses less than the double's own rounding.
  const shift = 72 + bits(d) - bits(magnitude);
  const quotient = shift >= 0 ? (magnitude << BigInt(shift)) / d : magnitude / (d << BigInt(-shift));
  const value = scaleByPowerOfTwo(Number(quotient), -shift);
  return n < 0n ? -value : value;
}

function scaleByPowerOfTwo(value: number, exponent: number): number {
  if (Math.abs(exponent) < 1_000) return value * 2 ** exponent;
  // In two halves: 2 ** exponent alone may be outside the range of doubles when the product is not.
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}
