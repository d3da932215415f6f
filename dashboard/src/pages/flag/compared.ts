/** The two revisions that are compared, as the address has them. */
export interface Compared {
  from?: number;
  to?: number;
}

export function comparedOf({ from, to }: Record<string, unknown>): Compared {
  return { ...(isRevision(from) && { from }), ...(isRevision(to) && { to }) };
}

function isRevision(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
