const HALF = 1n << 32n;

/** The sums of one metric in a totals document: integers by their stored names, some of them in groups. */
export interface StoredSums {
  readonly [name: string]: bigint | StoredSums;
}

/** An integer to add to a stored sum. The path has a dot after the name of a group. */
export type StoredAmount = readonly [path: string, amount: bigint];

/**
 * Where the documents keep a sum: under one name, or, if it may exceed 64 bits, as two halves in base 2^32, each of
 * which can be incremented.
 */
type StoredName = string | { readonly high: string; readonly low: string };

export function halves(name: string): StoredName {
  return { high: `${name}_high`, low: `${name}_low` };
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
        const low = BigInt.asUintN(32, sum);
        amounts.push([group + place.high, (sum - low) / HALF], [group + place.low, low]);
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
        typeof place === 'string' ? integer(place) : integer(place.high) * HALF + integer(place.low);
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
