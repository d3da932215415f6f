// What is chosen on a page stands in its address. Whatever else an address has is left out.

type Search = Record<string, unknown>;

/** The decision that is shown; the newest where none is named. */
export function chosenDecision({ n }: Search): { n?: number } {
  return typeof n === 'number' && Number.isSafeInteger(n) && n > 0 ? { n } : {};
}

/** The recorded look that the pages of an experiment show; the present where none is named. */
export function chosenLook({ look }: Search): { look?: string } {
  return typeof look === 'string' && look !== '' && look.length <= 300 ? { look } : {};
}

/** Kinds of lines that are shown, separated by commas; all where none is named. */
export function chosenKinds({ kinds }: Search): { kinds?: string } {
  return typeof kinds === 'string' && kinds !== '' ? { kinds } : {};
}
