interface Entry {
  /** What the result was made of. */
  inputs: readonly unknown[];
  result: object;
}

/**
 * Remembers results by id, from one round to the next. A result is taken over while its inputs are the same objects, in
 * the same order; a result that a round does not ask for is forgotten.
 */
export class Memo {
  private former: ReadonlyMap<string, Entry> = new Map();
  private current = new Map<string, Entry>();

  result<T extends object>(id: string, inputs: readonly unknown[], make: () => T): T {
    const before = this.former.get(id);
    const isSame =
      before?.inputs.length === inputs.length && inputs.every((input, i) => input === before.inputs[i]);
    const entry = isSame ? before : { inputs, result: make() };
    this.current.set(id, entry);
    return entry.result as T;
  }

  endRound(): void {
    this.former = this.current;
    this.current = new Map();
  }
}
