import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RampartError } from '../../src/errors.js';
import type { ImportResult } from '../../src/migration/import-result.js';
import { fixture, IMPORTS, type Document } from './fixtures.js';
import { runs } from '../properties.js';

type Node = Record<string | number, unknown>;

/** Where each fixture has its flags, and under which field a flag of a list has its key. */
const FLAGS: Readonly<Record<string, { list: string; key: string }>> = {
  flagd: { list: 'flags', key: 'key' },
  'growthbook-payload': { list: 'features', key: 'id' },
  'growthbook-rest': { list: 'features', key: 'id' },
  'growthbook-rest-v2': { list: 'features', key: 'id' },
  'launchdarkly-data': { list: 'flags', key: 'key' },
  'launchdarkly-rest': { list: 'items', key: 'key' },
  'unleash-client': { list: 'features', key: 'name' },
  'unleash-export': { list: 'features', key: 'name' },
  'unleash-export-present': { list: 'features', key: 'name' },
};

/** The paths of all values below one, itself included. */
function pathsIn(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [at, ...entries.flatMap(([key, member]) => pathsIn(member, [...at, key]))];
}

/** What systems, people and scripts write by mistake. */
const ODD = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e15, 1e300, 0.5, '', '0.5', '[', 'x', [], {}, [null], [[]]),
  fc.constantFrom<unknown>({ '': 1 }, { $ref: 'x' }, { if: [] }, JSON.parse('{"__proto__": 1}')),
  fc.constant(nested(300)),
  fc.jsonValue({ maxDepth: 2 }),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let n = 0; n < depth; n += 1) value = n % 2 === 0 ? [value] : { $not: value };
  return value;
}

/** Flags that need the broken one, or one of its parts, may be lost with it. */
function dependents(result: ImportResult, broken: string): Set<string> {
  const lost = new Set([broken]);
  for (let before = 0; before < lost.size;) {
    before = lost.size;
    for (const { flag_id, prerequisites = [] } of result.flags)
      if (prerequisites.some((needed) => lost.has(needed.flag_id))) lost.add(flag_id);
  }
  return lost;
}

/** The id that a key has here, in the whole document. */
const idOf = (key: string): string => key.replace(/[^A-Za-z0-9._:-]+/g, '-');

function replace(document: Document, path: readonly (string | number)[], value: unknown): Document {
  const copy = structuredClone(document);
  const parent = path.slice(0, -1).reduce<Node>((node, key) => node[key] as Node, copy);
  Object.defineProperty(parent, path.at(-1)!, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

/** An import of the document with one value replaced: what it loses beside what hangs on the broken flag. */
function lostBeside(name: string, at: (string | number)[], value: unknown, broken: string) {
  const whole = IMPORTS[name]!(fixture(name));
  const result = IMPORTS[name]!(replace(fixture(name), at, value));
  const may = dependents(whole, idOf(broken));
  const kept = new Set(result.flags.map(({ flag_id }) => flag_id));
  const gone = whole.flags.map(({ flag_id }) => flag_id).filter((id) => !kept.has(id) && !may.has(id));
  return { gone, isKept: kept.has(idOf(broken)), notes: result.notes };
}

describe.each(Object.entries(FLAGS))('%s', (name, { list, key }) => {
  const document = fixture(name);
  const flags = document[list] as Node;
  const places = Object.keys(flags);
  const keyOf = (place: string): string =>
    Array.isArray(flags) ? String((flags[place] as Node)[key]) : place;

  const anyBreak = fc.constantFrom(...places).chain((place) =>
    fc.record({
      place: fc.constant(place),
      path: fc.constantFrom(...pathsIn(flags[place])),
      value: ODD,
    }),
  );

  test('a flag that is mutated at random never loses another, and is imported or named', () => {
    fc.assert(
      fc.property(anyBreak, ({ place, path, value }) => {
        const at = [list, Array.isArray(flags) ? Number(place) : place, ...path];
        const { gone, isKept, notes } = lostBeside(name, at, value, keyOf(place));
        expect(gone).toEqual([]);
        const named = notes.some(
          (note) => note.name === keyOf(place) || note.source.startsWith(`${list}[${place}]`),
        );
        const isRenamed = path.length === 1 && path[0] === key;
        expect(isKept || named || isRenamed).toBe(true);
      }),
      { numRuns: runs(120) },
    );
  });

  test('a flag that nests deeper than the stack is lost alone', () => {
    const place = places[0]!;
    const at = [list, Array.isArray(flags) ? Number(place) : place, 'rules'];
    const { gone, isKept } = lostBeside(name, at, nested(100_000), keyOf(place));
    expect({ gone, isKept }).toEqual({ gone: [], isKept: false });
  });

  test('where no flag can be read, the document is refused, with the path of each', () => {
    const broken = Array.isArray(flags)
      ? places.map(() => 7)
      : Object.fromEntries(places.map((one) => [one, 7]));
    const refused = (): unknown => IMPORTS[name]!({ [list]: broken });
    expect(refused).toThrow(RampartError);
    expect(refused).toThrow('must be an object');
  });
});

/** The lists of an export beside the features. */
describe.each(['featureStrategies', 'featureEnvironments', 'featureTags', 'dependencies'])(
  'a record of %s that is mutated at random',
  (list) => {
    test.each(['unleash-export', 'unleash-export-present'])('loses no feature but its own: %s', (name) => {
      const records = fixture(name)[list] as Node[];
      const anyBreak = fc.nat(records.length - 1).chain((index) =>
        fc.record({
          index: fc.constant(index),
          path: fc.constantFrom(...pathsIn(records[index])),
          value: ODD.filter((value) => typeof value !== 'string'),
        }),
      );
      fc.assert(
        fc.property(anyBreak, ({ index, path, value }) => {
          const owner = String(records[index]!['featureName'] ?? records[index]!['feature']);
          expect(lostBeside(name, [list, index, ...path], value, owner).gone).toEqual([]);
        }),
        { numRuns: runs(60) },
      );
    });
  },
);
