/** The number of slots of an experiment, a flag or a layer. */
export const SLOTS = 10_000;

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a, 32 bits, over the UTF-8 bytes of a text. Source: draft-eastlake-fnv. */
export function fnv32a(text: string, seed = OFFSET): number {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) {
      hash = Math.imul(hash ^ code, PRIME);
      continue;
    }
    const point = text.codePointAt(i)!;
    if (point > 0xffff) i += 1;
    // UTF-8 has no lone surrogates: encoders write U+FFFD instead.
    hash = hashCodePoint(hash, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
  }
  return hash >>> 0;
}

/** Adds the two to four UTF-8 bytes of a code point outside ASCII. */
function hashCodePoint(hash: number, point: number): number {
  let h = hash;
  if (point < 0x800) {
    h = Math.imul(h ^ (0xc0 | (point >> 6)), PRIME);
  } else if (point < 0x10000) {
    h = Math.imul(h ^ (0xe0 | (point >> 12)), PRIME);
    h = Math.imul(h ^ (0x80 | ((point >> 6) & 0x3f)), PRIME);
  } else {
    h = Math.imul(h ^ (0xf0 | (point >> 18)), PRIME);
    h = Math.imul(h ^ (0x80 | ((point >> 12) & 0x3f)), PRIME);
    h = Math.imul(h ^ (0x80 | ((point >> 6) & 0x3f)), PRIME);
  }
  return Math.imul(h ^ (0x80 | (point & 0x3f)), PRIME);
}

/** FNV-1a over the decimal digits of a number below 2^32, without allocating a string. */
function hashDecimal(number: number): number {
  // In two halves of at most five digits: both fit into 31 bits, where engines divide integers.
  const high = Math.floor(number / 100_000);
  const hash = high === 0 ? OFFSET : hashDigits(high, OFFSET, 0);
  return hashDigits(number - high * 100_000, hash, high === 0 ? 0 : 5) >>> 0;
}

/** Adds the digits of a number below 100,000, with leading zeros up to `width`. */
function hashDigits(number: number, seed: number, width: number): number {
  let hash = seed;
  let power = 1;
  for (let n = 1; n < width || number >= power * 10; n += 1) power *= 10;
  for (let rest = number | 0; power >= 1; power = (power / 10) | 0) {
    const digit = (rest / power) | 0;
    hash = Math.imul(hash ^ (0x30 + digit), PRIME);
    rest -= digit * power;
  }
  return hash;
}

/** The seed of a salt, for `slotFrom`: a salt is hashed once, not for every unit. */
export function seedOf(salt: string): number {
  return fnv32a(salt);
}

/** The slot of a unit under the salt that has this seed. */
export function slotFrom(seed: number, id: string): number {
  return hashDecimal(fnv32a(id, seed)) % SLOTS;
}

/**
 * The slot of a unit, 0 to 9,999: FNV-1a over the decimal digits of FNV-1a(salt + id), modulo 10,000. The second round
 * makes experiments independent of one another; the first alone does not.
 */
export function slotOf(salt: string, id: string): number {
  return slotFrom(seedOf(salt), id);
}
