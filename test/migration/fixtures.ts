import { readFileSync } from 'node:fs';
import type { ImportResult } from '../../src/migration/import-result.js';
import type { Ledger } from '../../src/migration/ledger.js';
import { fromFlagd } from '../../src/migration/flagd/from-flagd.js';
import { fromGrowthbook } from '../../src/migration/growthbook/from-growthbook.js';
import { fromLaunchdarkly } from '../../src/migration/launchdarkly/from-launchdarkly.js';
import { fromUnleash } from '../../src/migration/unleash/from-unleash.js';

export type Document = Record<string, unknown>;

export function fixture(name: string): Document {
  const path = new URL(`./fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Document;
}

/** How each fixture is imported. */
export const IMPORTS: Record<string, (document: unknown, ledger?: Ledger) => ImportResult> = {
  flagd: fromFlagd,
  'growthbook-payload': (document, ledger) => fromGrowthbook(document, {}, ledger),
  'growthbook-rest': (document, ledger) =>
    fromGrowthbook(document, { environment: 'production', project: 'prj_shop' }, ledger),
  'growthbook-rest-v2': (document, ledger) => fromGrowthbook(document, { environment: 'production' }, ledger),
  'launchdarkly-data': (document, ledger) => fromLaunchdarkly(document, {}, ledger),
  'launchdarkly-rest': (document, ledger) =>
    fromLaunchdarkly(document, { environment: 'production' }, ledger),
  'unleash-client': (document, ledger) => fromUnleash(document, {}, ledger),
  'unleash-export': (document, ledger) => fromUnleash(document, { environment: 'production' }, ledger),
  // As today's Unleash writes it: without --environment, for an export has one.
  'unleash-export-present': (document, ledger) => fromUnleash(document, {}, ledger),
};

export function imported(name: string): ImportResult {
  return IMPORTS[name]!(fixture(name));
}

export function flag(name: string, id: string) {
  const found = imported(name).flags.find(({ flag_id }) => flag_id === id);
  if (!found) throw new Error(`${name} has no flag ${id}`);
  return found;
}

/** Notes whose source begins with a path, as `kind source: message`. */
export function notes(name: string, source = ''): string[] {
  return imported(name)
    .notes.filter((note) => note.source.startsWith(source))
    .map((note) => `${note.kind} ${note.source}: ${note.message}`);
}
