/** Bits of a digit. */
const DIGIT = 32;

/** The sums of one metric in a totals document: integers by their stored names, some of them in groups. */
export interface StoredSums {
  readonly [name: string]: bigint | StoredSums;
}

/** An integer to add to a stored sum. The path has a dot after the name of a group. */
export type StoredAmount = readonly [path: string, amount: bigint];

/**
 * Where the documents keep a sum: under one name, or as digits in base 2^32, the lowest first, each of which can be
 * incremented by itself. The digits of an amount have its sign. They are never carried: a document holds the sum of each
 * digit over its units.
 */
type StoredName = string | readonly string[];

/**
 * Names of a sum's digits. With as many as `count` = ⌈bits of the greatest amount of one unit / 32⌉, no digit of 2^31
 * units leaves the 64 bits that MongoDB has. A digit that is 0 is not stored, so small amounts cost no more.
 */
export function digits(name: string, count: number): StoredName {
  return Array.from({ length: count }, (_, n) => (n === 0 ? name : `${name}_${n}`));
}

/**
 * The names under which the documents keep the sums of a kind. They stay what they were when the first document was
 * written. The code has its own names, those of `analyze`; this is the only place where one becomes the other.
 */
export class StoredNames<Name extends string> {
  constructor(private readonly names: Readonly<Record<Name, StoredName>>) {}

  /** @param group of the sums, with a dot at its end */
  write(sums: Readonly<Partial<Record<Name, bigint>>>, group = ''): StoredAmount[] {
    const amounts: StoredAmount[] = [];
    for (const name of Object.keys(sums) as Name[]) {
      const [place, sum] = [this.names[name], sums[name]!];
      if (typeof place === 'string') amounts.push([group + place, sum]);
      else {
        const [sign, size] = sum < 0n ? [-1n, -sum] : [1n, sum];
        place.forEach((digit, n) => {
          const rest = size >> BigInt(DIGIT * n);
          amounts.push([group + digit, sign * (n < place.length - 1 ? BigInt.asUintN(DIGIT, rest) : rest)]);
        });
      }
    }
    return amounts;
  }

  read(stored: StoredSums): Record<Name, bigint> {
    const integer = (name: string): bigint => (stored[name] as bigint | undefined) ?? 0n;
    const sums: Partial<Record<Name, bigint>> = {};
    for (const name of Object.keys(this.names) as Name[]) {
      const place = this.names[name];
      sums[name] =
        typeof place === 'string'
          ? integer(place)
          : place.reduceRight<bigint>((higher, digit) => (higher << BigInt(DIGIT)) + integer(digit), 0n);
    }
    return sums as Record<Name, bigint>;
  }
}

/** All parts added up. */
export function addUp(parts: readonly StoredSums[]): StoredSums {
  const sums: MutableSums = {};
  for (const part of parts) addTo(sums, part);
  return sums;
}

interface MutableSums {
  [name: string]: bigint | MutableSums;
}

function addTo(sums: MutableSums, part: StoredSums): void {
  for (const name of Object.keys(part)) {
    const value = part[name]!;
    if (typeof value === 'object') addTo((sums[name] ??= {}) as MutableSums, value);
    else sums[name] = ((sums[name] as bigint | undefined) ?? 0n) + value;
  }
}
