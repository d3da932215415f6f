/** Results by id, each with the inputs that it was made of. */
export type Results = ReadonlyMap<string, { inputs: readonly unknown[]; result: object }>;

/**
 * Takes over the results of a former round whose inputs are the same objects, in the same order. What a round does not
 * ask for is not in its results, and so is forgotten by the next.
 */
export class Memo {
  private readonly kept = new Map<string, { inputs: readonly unknown[]; result: object }>();

  constructor(private readonly former: Results) {}

  result<T extends object>(id: string, inputs: readonly unknown[], make: () => T): T {
    const before = this.former.get(id);
    const isSame =
      before?.inputs.length === inputs.length && inputs.every((input, i) => input === before.inputs[i]);
    const entry = isSame ? before : { inputs, result: make() };
    this.kept.set(id, entry);
    return entry.result as T;
  }

  /** Of this round. */
  get results(): Results {
    return this.kept;
  }
}
