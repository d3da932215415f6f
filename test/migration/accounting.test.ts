import { describe, expect, test } from 'vitest';
import { RampartError } from '../../src/errors.js';
import { memberPath } from '../../src/migration/source-path.js';
import { Ledger } from '../../src/migration/ledger.js';
import { flagSchema, segmentSchema } from '../../src/model/flag.js';
import { fixture, IMPORTS, imported, type Document } from './fixtures.js';

type Key = string | number;

/** The paths of all values that have no members. */
function leaves(value: unknown, at: Key[] = []): Key[][] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: [Key, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.length === 0 ? [at] : entries.flatMap(([key, member]) => leaves(member, [...at, key]));
}

/** Another value of the same type: shows that a field matters whose value is also its default. */
function altered(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value * 2 + 1;
  return typeof value === 'string' ? `${value}-altered` : 'altered';
}

function changed(document: Document, path: readonly Key[], how: 'deleted' | 'altered'): Document {
  const copy = structuredClone(document);
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<Key, unknown>)[key], copy);
  const last = path.at(-1)!;
  if (how === 'altered')
    (parent as Record<Key, unknown>)[last] = altered((parent as Record<Key, unknown>)[last]);
  else if (Array.isArray(parent)) parent.splice(last as number, 1);
  else delete (parent as Record<Key, unknown>)[last];
  return copy;
}

function isWithin(path: readonly Key[], sources: ReadonlySet<string>): boolean {
  let text = '';
  for (const key of path) {
    text = memberPath(text, key);
    if (sources.has(text)) return true;
  }
  return false;
}

describe.each(Object.keys(IMPORTS))('%s', (name) => {
  test('our schemas accept every definition', () => {
    const { flags, segments } = imported(name);
    expect(flags.length).toBeGreaterThan(0);
    for (const flag of flags) expect(flagSchema.safeParse(flag).error).toBeUndefined();
    for (const segment of segments) expect(segmentSchema.safeParse(segment).error).toBeUndefined();
  });

  test('no field is dropped silently: each changes what is imported, is noted, or is listed as ignored', () => {
    const document = fixture(name);
    const ledger = new Ledger();
    const whole = IMPORTS[name]!(document, ledger);
    const before = JSON.stringify([whole.flags, whole.segments, whole.notes]);
    const ignored = new Set(ledger.ignored);
    // One note covers everything below its path.
    const lost = new Set(whole.notes.filter(({ kind }) => kind === 'lost').map(({ source }) => source));
    const vanished = leaves(document).filter((path) => {
      if (isWithin(path, ignored) || isWithin(path, lost)) return false;
      return (['deleted', 'altered'] as const).every((how) => {
        try {
          const { flags, segments, notes } = IMPORTS[name]!(changed(document, path, how));
          return JSON.stringify([flags, segments, notes]) === before;
        } catch (error) {
          if (error instanceof RampartError) return false;
          throw error;
        }
      });
    });
    expect(vanished.map((path) => path.join('.'))).toEqual([]);
  });
});
