import type { Fields } from './fields.js';
import { IdMapping } from './id-mapping.js';
import type { Ledger } from './ledger.js';

export type FlagMetadata = Record<string, string | number | boolean>;

const MAX_LENGTH = 500;

/** The metadata that a flag can have here; the rest is noted as lost. */
export function metadataOf(metadata: Fields | undefined): FlagMetadata {
  const entries = Object.entries(metadata?.raw() ?? {});
  const kept = entries.filter(([name, value]) => {
    const isKept = typeof value === 'string' ? value.length <= MAX_LENGTH : typeof value !== 'object';
    if (!isKept) {
      metadata!.ledger.lost(
        metadata!.at(name),
        `metadata values must be strings of at most ${MAX_LENGTH} characters, numbers or booleans`,
      );
    }
    return isKept;
  });
  if (!metadata) return {};
  const ids = new IdMapping(
    kept.map(([name]) => name),
    metadata.path,
    metadata.ledger,
  );
  return Object.fromEntries(kept.map(([name, value]) => [ids.of(name)!, value as string | number | boolean]));
}

/** Tags, renamed where they are not valid ids. */
export function tagsOf(tags: readonly string[], path: string, ledger: Ledger): string[] {
  const ids = new IdMapping(tags, path, ledger, (tag) => `${path}[${tags.indexOf(tag)}]`);
  return [...new Set(tags.map((tag) => ids.of(tag)!))];
}
