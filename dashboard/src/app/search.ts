// What is chosen on a page stands in its address. Whatever else an address has is left out.

type Search = Record<string, unknown>;

/** The decision that is shown; the newest where none is named. */
export function chosenDecision({ n }: Search): { n?: number } {
  return typeof n === 'number' && Number.isSafeInteger(n) && n > 0 ? { n } : {};
}

/** Kinds of lines that are shown, separated by commas; all where none is named. */
export function chosenKinds({ kinds }: Search): { kinds?: string } {
  return typeof kinds === 'string' && kinds !== '' ? { kinds } : {};
}
