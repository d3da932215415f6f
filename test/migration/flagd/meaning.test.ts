import { FlagdCore } from '@openfeature/flagd-core';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FlagRules, Value } from '../../../src/assignment/document.js';
import { Ruleset } from '../../../src/assignment/ruleset.js';
import { fromFlagd } from '../../../src/migration/flagd/from-flagd.js';
import { toFlagd } from '../../../src/migration/flagd/to-flagd.js';
import type { ImportResult } from '../../../src/migration/import-result.js';
import { flagSchema } from '../../../src/model/flag.js';
import { flagRules, segmentRules } from '../../../src/serving/rules.js';
import { fixture, type Document } from '../fixtures.js';
import { runs } from '../../properties.js';

const NOW = Date.now();
const SILENT = { error() {}, warn() {}, info() {}, debug() {} };

/** Flags without splits: they must serve every unit the same. With a split, only the shares stay the same. */
const EXACT = [
  'dark-mode',
  'new-checkout',
  'header colour',
  'sale',
  'by-name',
  'typed',
  'nested',
  'negated',
  'versions',
  'absent',
  'retired',
];

/** The fixture, and flags with more of JsonLogic than people would write into one file. */
function document(): Document {
  const file = structuredClone(fixture('flagd'));
  const [a, b, c] = ['a', 'b', 'c'];
  const variants = { a: 'A', b: 'B', c: 'C' };
  const flags = file['flags'] as Document;
  const flag = (targeting: unknown, defaultVariant?: string) => ({
    state: 'ENABLED',
    variants,
    ...(defaultVariant && { defaultVariant }),
    targeting,
  });
  const v = (name: string) => ({ var: name });
  flags['typed'] = flag(
    { if: [{ '<': [18, v('age'), 65] }, a, { '>=': [v('seats'), 5] }, b, { '<=': [v('seats'), -1] }, c] },
    'c',
  );
  flags['nested'] = flag({
    if: [
      { or: [{ '===': [v('plan'), 'pro'] }, { and: [{ '!': [v('role')] }, { '<': [v('age'), 20] }] }] },
      { if: [{ in: ['x', v('email')] }, a, { '!=': [v('country'), 'DE'] }, null, b] },
      { '==': [{ $ref: 'staff' }, true] },
      c,
    ],
  });
  flags['negated'] = flag(
    {
      if: [
        { '!': [{ if: [{ $ref: 'staff' }, { '==': [v('country'), 'DE'] }, { '!!': [v('age')] }] }] },
        a,
        b,
      ],
    },
    'c',
  );
  flags['versions'] = flag(
    {
      if: [
        { sem_ver: [v('app.version'), '^', '2.1.0'] },
        a,
        { sem_ver: [v('app.version'), '!=', '1.0.0'] },
        { if: [{ sem_ver: [v('app.version'), '~', '3.2.9'] }, b, c] },
      ],
    },
    'a',
  );
  flags['absent'] = flag({ if: [{ '==': [v('plan'), null] }, a, { missing: ['role'] }, 'nobody', b] }, 'c');
  return file;
}

const contexts = fc.record(
  {
    targetingKey: fc.constantFrom('u1', 'u2', 'u3'),
    email: fc.constantFrom('qa+1@x.example', 'qa+2@rival.example', 'ann@shop.example', 'y@y.example', ''),
    country: fc.constantFrom('DE', 'US', 'FR', 'AT'),
    plan: fc.constantFrom('pro', 'free', null),
    seats: fc.integer({ min: -2, max: 12 }),
    age: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constant(null)),
    arm: fc.constantFrom('a', 'b', 'c'),
    role: fc.constantFrom('staff', 'guest', ''),
    app: fc.record({
      version: fc.constantFrom(
        '1.0.0',
        '2.0.0-rc.1',
        '2.1.0',
        '2.9.9',
        '3.0.0-1',
        '3.2.0',
        '3.2.7',
        '1.2',
        'no',
      ),
    }),
  },
  { requiredKeys: ['targetingKey'] },
);

function rulesetOf({ flags, segments }: ImportResult): Ruleset {
  const rules = flags.map((flag): FlagRules =>
    flagRules({ flag: flagSchema.parse(flag), revision: 1, experiments: [], environment: 'production' }),
  );
  const document = {
    format: 1 as const,
    revision: 1,
    environment: 'production',
    stale_after_ms: 600_000,
    salt: 'salt',
    segments: Object.fromEntries(segments.map((segment) => [segment.segment_id, segmentRules(segment)])),
    flags: rules,
    experiments: [],
    opted_out: [],
  };
  const ruleset = new Ruleset(document, {
    digest: (text) => createHash('sha256').update(text).digest('hex'),
  });
  expect(ruleset.broken).toEqual([]);
  return ruleset;
}

function ours(ruleset: Ruleset, key: string, context: Record<string, unknown>): Value {
  const answer = ruleset.evaluate(key, context['targetingKey'] as string, context, {
    now: NOW,
    stale: false,
  });
  if (typeof answer === 'string') throw new Error(`${key}: ${answer}`);
  return answer.value === undefined ? 'code default' : answer.value;
}

function theirs(core: FlagdCore, key: string, context: Record<string, unknown>): Value {
  const flag = core.getFlag(key)!;
  if (flag.state === 'DISABLED') return 'code default';
  return flag.evaluate(context as never, SILENT).value ?? 'code default';
}

function flagdOf(file: unknown): FlagdCore {
  const core = new FlagdCore(undefined, SILENT);
  core.setConfigurations(JSON.stringify(file));
  return core;
}

describe('what flagd serves', () => {
  const file = document();
  const imported = fromFlagd(file);
  const ruleset = rulesetOf(imported);
  const reference = flagdOf(file);
  const { document: exportedFile, notes: exportNotes } = toFlagd({
    flags: imported.flags.map((flag) => flagSchema.parse(flag)),
    segments: imported.segments,
  });
  const exported = flagdOf(exportedFile);
  const idOf = (key: string): string => key.replace(' ', '-');

  test.each(EXACT)('%s: serves the same here, and after an export', (key) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(contexts, (context) => {
        const expected = theirs(reference, key, context);
        seen.add(JSON.stringify(expected));
        expect(ours(ruleset, idOf(key), context)).toEqual(expected);
        expect(theirs(exported, idOf(key), context)).toEqual(expected);
      }),
      { numRuns: runs(400) },
    );
    // A flag that always serves the same would prove nothing.
    if (!['dark-mode', 'retired'].includes(key)) expect(seen.size).toBeGreaterThan(1);
  });

  test.each(['show-banner', 'search', 'shared-split'])(
    '%s: serves the same shares here, and after an export',
    (key) => {
      const counted = (serve: (context: Record<string, unknown>) => unknown) => {
        const counts = new Map<string, number>();
        for (let n = 0; n < 4000; n += 1) {
          const value = JSON.stringify(serve({ targetingKey: `user-${n}`, app: { version: '2.4.0' } }));
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        return counts;
      };
      const expected = counted((context) => theirs(reference, key, context));
      expect(expected.size).toBe(2);
      for (const other of [
        counted((context) => ours(ruleset, key, context)),
        counted((context) => theirs(exported, key, context)),
      ]) {
        expect([...other.keys()].sort()).toEqual([...expected.keys()].sort());
        // Five standard deviations of the difference of two samples.
        for (const [value, count] of expected) expect(Math.abs(other.get(value)! - count)).toBeLessThan(225);
      }
    },
  );

  test('the export notes everything that it changes', () => {
    expect(exportNotes.map(({ source, message }) => `${source}: ${message}`)).toEqual([
      ': equality here also looks into lists; in flagd it does not',
      'flags.show-banner: the shares stay the same, but units are reassigned',
      'flags.search.rules[0]: the shares stay the same, but units are reassigned',
      'flags.shared-split: the shares stay the same, but units are reassigned',
      'flags.retired: the flag is off: its rules are left out',
    ]);
  });
});
