import { readFileSync } from 'node:fs';
import type { Imported } from '../../src/migration/imported.js';
import type { Ledger } from '../../src/migration/ledger.js';
import { fromFlagd } from '../../src/migration/flagd.js';
import { fromGrowthbook } from '../../src/migration/growthbook.js';
import { fromLaunchdarkly } from '../../src/migration/launchdarkly.js';
import { fromUnleash } from '../../src/migration/unleash.js';

export type Document = Record<string, unknown>;

export function fixture(name: string): Document {
  const path = new URL(`./fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Document;
}

/** Every fixture with how it is imported. */
export const IMPORTS: Record<string, (document: unknown, ledger?: Ledger) => Imported> = {
  flagd: fromFlagd,
  'growthbook-payload': (document, ledger) => fromGrowthbook(document, {}, ledger),
  'growthbook-rest': (document, ledger) =>
    fromGrowthbook(document, { environment: 'production', project: 'prj_shop' }, ledger),
  'launchdarkly-data': (document, ledger) => fromLaunchdarkly(document, {}, ledger),
  'launchdarkly-rest': (document, ledger) =>
    fromLaunchdarkly(document, { environment: 'production' }, ledger),
  'unleash-client': (document, ledger) => fromUnleash(document, {}, ledger),
  'unleash-export': (document, ledger) => fromUnleash(document, { environment: 'production' }, ledger),
};

export function imported(name: string): Imported {
  return IMPORTS[name]!(fixture(name));
}

export function flag(name: string, id: string) {
  const found = imported(name).flags.find(({ flag_id }) => flag_id === id);
  if (!found) throw new Error(`${name} has no flag ${id}`);
  return found;
}

/** `kind source: message` of notes whose source begins with a path. */
export function notes(name: string, source = ''): string[] {
  return imported(name)
    .notes.filter((note) => note.source.startsWith(source))
    .map((note) => `${note.kind} ${note.source}: ${note.message}`);
}
