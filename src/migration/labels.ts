import type { Fields } from './fields.js';
import { Ids } from './ids.js';
import type { Ledger } from './ledger.js';

export type Metadata = Record<string, string | number | boolean>;

const LONGEST = 500;

/** Metadata that we can carry; the others are noted. */
export function metadataOf(metadata: Fields | undefined): Metadata {
  const entries = Object.entries(metadata?.raw() ?? {});
  const kept = entries.filter(([name, value]) => {
    const isKept = typeof value === 'string' ? value.length <= LONGEST : typeof value !== 'object';
    if (!isKept) {
      metadata!.ledger.lost(
        metadata!.at(name),
        `metadata are texts of at most ${LONGEST} characters, numbers, booleans`,
      );
    }
    return isKept;
  });
  if (!metadata) return {};
  const ids = new Ids(
    kept.map(([name]) => name),
    metadata.path,
    metadata.ledger,
  );
  return Object.fromEntries(kept.map(([name, value]) => [ids.of(name)!, value as string | number | boolean]));
}

/** Tags by the grammar of our names. */
export function tagsOf(tags: readonly string[], path: string, ledger: Ledger): string[] {
  const ids = new Ids(tags, path, ledger, (tag) => `${path}[${tags.indexOf(tag)}]`);
  return [...new Set(tags.map((tag) => ids.of(tag)!))];
}
