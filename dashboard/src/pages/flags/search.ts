import { kindOf, type Flag, type FlagKind } from '../../words/flag-kind.js';

export const ONLY = ['on', 'off', 'driven', 'stale', 'unserved'] as const;
export type Only = (typeof ONLY)[number];

/** The filters of the list, as the address has them. */
export interface FlagSearch {
  q?: string;
  kind?: FlagKind;
  only?: Only;
}

const KINDS: readonly FlagKind[] = ['boolean', 'multivariate', 'config'];

/** What of an address is a filter; the rest is ignored. */
export function flagSearchOf(search: Record<string, unknown>): FlagSearch {
  const { q, kind, only } = search;
  return {
    // The router reads numbers as such.
    ...((typeof q === 'string' || typeof q === 'number') && q !== '' && { q: String(q) }),
    ...(KINDS.includes(kind as FlagKind) && { kind: kind as FlagKind }),
    ...(ONLY.includes(only as Only) && { only: only as Only }),
  };
}

/** @param stale the ids of the flags that no longer decide anything */
export function isOnly(flag: Flag, only: Only, stale: ReadonlySet<string>): boolean {
  switch (only) {
    case 'on':
      return flag.enabled;
    case 'off':
      return !flag.enabled;
    case 'driven':
      return flag.driven_by !== undefined;
    case 'stale':
      return stale.has(flag.flag_id);
    case 'unserved':
      return flag.unserved !== undefined;
  }
}

/** The flags that the filters leave, those that need somebody first. */
export function selected(
  flags: readonly Flag[],
  { q = '', kind, only }: FlagSearch,
  stale: ReadonlySet<string>,
): Flag[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const text = ({ flag_id, description = '', tags = [], owner = '', driven_by = [] }: Flag): string =>
    [flag_id, description, owner, ...tags, ...driven_by].join(' ').toLowerCase();
  return flags
    .filter((flag) => kind === undefined || kindOf(flag) === kind)
    .filter((flag) => only === undefined || isOnly(flag, only, stale))
    .filter((flag) => words.every((word) => text(flag).includes(word)))
    .sort((a, b) => Number(b.unserved !== undefined) - Number(a.unserved !== undefined));
}
