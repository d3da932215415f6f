// The work that every library is given, and what a library must provide to be measured.

/**
 * `boolean`: on for half of the users, by hash. `split`: three variants by hash, after a rule for a country that no user
 * is from. `static`: on for every user.
 */
export const CASES = ['boolean', 'split', 'static'] as const;
export type Case = (typeof CASES)[number];

export type Value = boolean | string;

/** The values of each case, with their shares of the users. Measured runs count the first value. */
export const SHARES: Readonly<Record<Case, ReadonlyMap<Value, number>>> = {
  boolean: new Map([
    [true, 0.5],
    [false, 0.5],
  ]),
  split: new Map([
    ['a', 0.34],
    ['b', 0.33],
    ['c', 0.33],
  ]),
  static: new Map([[true, 1]]),
};

export interface User {
  id: string;
  country: string;
}

export const USERS: readonly User[] = Array.from({ length: 1_000 }, (_, n) => ({
  id: `user-${n}`,
  country: 'DE',
}));

export interface Peer<Context> {
  /** The public call that is measured: the cheapest that gives the value. */
  call: string;
  /** Made once for each user, before anything is measured. */
  contextOf(user: User): Context;
  /** A case is left out if the library does not take part in it. */
  cases: { [Name in Case]?: (context: Context) => Value | Promise<Value> };
}
