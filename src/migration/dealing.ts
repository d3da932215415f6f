/** What is to be said of every share: their hash is not ours. */
export const DEALT_ANEW = 'the shares stay, but units are dealt anew';

/** The same where units were dealt by something else than who they are. */
export function dealtAnewBy(attribute: string): string {
  return `${DEALT_ANEW}, and by the targetingKey instead of ${attribute}`;
}
