// Whatever people hand in, by HTTP, in files or in the environment: what is wrong with it is told in the product's words, each
// field by its name.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { ApiContext } from '../api/context.js';
import { managementRoutes } from '../api/server.js';
import { servingCalls } from '../api/serving/calls.js';
import { analyzeCommand } from '../src/bin/analyze.js';
import { exportCommand } from '../src/bin/export.js';
import { importCommand } from '../src/bin/import.js';
import { powerCommand } from '../src/bin/power.js';
import { rehearseCommand } from '../src/bin/rehearse.js';
import { verifyCommand } from '../src/bin/verify.js';
import { clientConfigSchema, configSchema, parseClientConfig, parseConfig } from '../src/config.js';
import { problemOf } from '../src/errors.js';
import { experimentSchema } from '../src/model/experiment.js';
import { flagSchema, segmentSchema } from '../src/model/flag.js';
import { metricFields } from '../src/model/metric.js';
import { policySchema } from '../src/model/policy.js';
import { asDocument, parse, writtenAs } from '../src/validation.js';

/** How zod speaks. */
const ZODS =
  /Invalid (input|string|number|option|key|element|value|ISO|URL|email|date|type)|Unrecognized key|expected .*received|Too (small|big)|ZodError|"code": *"(invalid_union|unrecognized_keys|too_small|too_big)"/;

const WRONG = [
  undefined,
  null,
  true,
  'x',
  '',
  ' ',
  -1,
  0.5,
  1e400,
  [],
  [1],
  [{}],
  {},
  { a: 1 },
  { x: { y: [] } },
];

/** Documents with one field wrong, of each field that a schema has; and some that are no documents. */
function wrongOnes(schema: z.core.$ZodType, good: object = {}): unknown[] {
  const document = z.toJSONSchema(writtenAs(schema), { io: 'input', unrepresentable: 'any' });
  const names = Object.keys(document.properties ?? {});
  const fields = [...names, 'no_such_field'].flatMap((name) =>
    WRONG.map((value) => ({ ...good, [name]: value })),
  );
  return [...WRONG, ...fields];
}

function toldOf(schema: z.ZodType, value: unknown): string {
  try {
    parse(schema, value);
    return '';
  } catch (error) {
    return JSON.stringify(problemOf(error));
  }
}

/** A context that has everything, and nothing in it. */
const ANY: unknown = new Proxy(() => ANY, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 'any' : ANY),
});
const routes = managementRoutes(ANY as ApiContext);

describe('calls of the API', () => {
  it.each(
    routes.flatMap(({ method, path, query, body }) => [
      ...(body ? [[`the body of ${method} ${path}`, body] as const] : []),
      ...(query ? [[`the query of ${method} ${path}`, query] as const] : []),
    ]),
  )('%s', (_, schema) => {
    const values = wrongOnes(schema);
    const told = values.map((value) => toldOf(schema, value));
    expect(told.filter((text) => text !== '').length).toBeGreaterThan(0);
    for (const [index, text] of told.entries()) expect(text, JSON.stringify(values[index])).not.toMatch(ZODS);
  });

  it('queries of serving calls', () => {
    for (const { query } of servingCalls(ANY as never))
      for (const value of query ? wrongOnes(query) : []) expect(toldOf(query!, value)).not.toMatch(ZODS);
  });
});

it('a document that is kept as it was written is told of alike', () => {
  for (const value of wrongOnes(policySchema))
    expect(toldOf(asDocument(policySchema), value)).toBe(toldOf(policySchema, value));
});

it('a value of several kinds names all that it may be', () => {
  const either = z.strictObject({ at: z.union([z.literal('now'), z.enum(['soon', 'later'])]) });
  expect(toldOf(either, { at: 'never' })).toContain('must be now, or must be one of soon, later');
  const kinds = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('a') }),
    z.strictObject({ kind: z.literal('b') }),
  ]);
  expect(toldOf(kinds, { kind: 'c' })).toContain('must have a kind that is allowed here');
});

describe('the environment', () => {
  it.each([
    ['of processes', configSchema, parseConfig],
    ['of commands', clientConfigSchema, parseClientConfig],
  ] as const)('%s', (_, schema, read) => {
    for (const name of Object.keys(schema.shape)) {
      for (const value of ['x', ' ', '-1', '1e400', '[]', '://', 'ä'.repeat(300)]) {
        let told = '';
        try {
          read({ RAMPART_SECRET: 's'.repeat(40), [name]: value });
        } catch (error) {
          told = String(error);
        }
        expect(told).not.toMatch(ZODS);
        if (told !== '') expect(told).toContain(name);
      }
    }
  });
});

describe('files of commands', () => {
  let folder: string;
  let said = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rampart-entrances-'));
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        said += String(text);
        return true;
      });
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  const experiment = {
    experiment_id: 'e',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  };
  const file = async (name: string, content: unknown): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify(content) ?? 'null');
    return path;
  };
  type Entrance = [name: string, documents: unknown[], command: (document: unknown) => Promise<number>];

  const entrances: Entrance[] = [
    [
      'power FILE',
      wrongOnes(experimentSchema, experiment),
      async (document) => powerCommand([await file('experiment.json', document)]),
    ],
    [
      'rehearse FILE',
      [...WRONG, { ...experiment, mde: 'x' }],
      async (document) =>
        rehearseCommand([await file('experiment.json', document)], undefined, {
          rehearse: () => Promise.reject(new Error('not reached')),
        } as never),
    ],
    [
      'power --metric',
      wrongOnes(metricFields, { metric_id: 'm', kind: 'mean', event: 'e', direction: 'increase' }),
      async (document) =>
        powerCommand([
          ...[await file('experiment.json', experiment), '--metric', await file('metric.json', document)],
        ]),
    ],
    [
      'power --policy',
      wrongOnes(policySchema),
      async (document) =>
        powerCommand([
          ...[await file('experiment.json', experiment), '--policy', await file('policy.json', document)],
        ]),
    ],
    [
      'analyze FILE',
      [...WRONG, { metrics: [{}] }],
      async (document) => analyzeCommand([await file('a', document)]),
    ],
    [
      'verify FILE',
      [...WRONG, { n: 1 }],
      async (document) => verifyCommand([await file('c.json', document)]),
    ],
    ...(['flags', 'segments'] as const).map((kind): Entrance => {
      const [schema, good] =
        kind === 'flags'
          ? [flagSchema, { flag_id: 'f', enabled: true }]
          : [segmentSchema, { segment_id: 's', conditions: {} }];
      return [
        `export --in, ${kind}`,
        wrongOnes(schema, good),
        async (document) => {
          const place = join(folder, `definitions-${kind}`);
          await mkdir(join(place, kind), { recursive: true });
          await writeFile(join(place, kind, 'one.json'), JSON.stringify(document) ?? 'null');
          return exportCommand(['--to', 'flagd', '--in', place], {});
        },
      ];
    }),
    [
      'export of an API of another release',
      wrongOnes(flagSchema, { flag_id: 'f', enabled: true }),
      async (document) => {
        const items = [document && typeof document === 'object' ? document : {}];
        vi.spyOn(globalThis, 'fetch').mockImplementation(() =>
          Promise.resolve(new Response(JSON.stringify({ items, next_cursor: null }))),
        );
        return exportCommand(['--to', 'flagd'], { RAMPART_KEY: 'a-key' });
      },
    ],
    ...['flagd', 'growthbook', 'launchdarkly', 'unleash'].map((from): Entrance => {
      const lists = [
        'flags',
        'features',
        'segments',
        'experiments',
        'savedGroups',
        'environments',
        '$evaluators',
      ];
      return [
        `import --from ${from}`,
        [...WRONG, ...lists.flatMap((name) => WRONG.map((value) => ({ version: 2, [name]: value })))],
        async (document) => importCommand(['--from', from, await file('import.json', document)], {}),
      ];
    }),
  ];

  it.each(entrances)('%s', async (_, documents, command) => {
    let refused = 0;
    for (const document of documents) {
      said = '';
      const code = await command(document);
      expect([0, 1, 2]).toContain(code);
      expect(said, JSON.stringify(document)).not.toMatch(ZODS);
      expect(said, JSON.stringify(document)).not.toMatch(/unexpected: |internal/);
      if (code !== 0) refused += 1;
    }
    expect(refused).toBeGreaterThan(5);
  });
});
