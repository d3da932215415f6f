import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

// The published evaluator must agree with the vectors that all implementations share.

interface Vectors {
  cases: {
    snapshot: object;
    evaluations?: ({ expect: object } & Record<string, unknown>)[];
    assignments?: ({ expect: object } & Record<string, unknown>)[];
  }[];
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const vectors = JSON.parse(readFileSync(path('../../../test/vectors/evaluation.json'), 'utf8')) as Vectors;
const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
  process.execPath,
  [path('../bin/evaluate.js')],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

afterAll(() => child.kill());

async function ask(request: object): Promise<unknown> {
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const { value } = (await answers.next()) as { value: string };
  return JSON.parse(value);
}

test('there are vectors', () => {
  expect(vectors.cases.length).toBeGreaterThan(0);
  expect(vectors.cases.flatMap(({ evaluations = [] }) => evaluations).length).toBeGreaterThan(0);
});

test.each(vectors.cases.map((vector, index) => [index, vector] as const))(
  'case %i',
  async (_index, vector) => {
    const requests = [...(vector.evaluations ?? []), ...(vector.assignments ?? [])];
    child.stdin.write(`${JSON.stringify({ snapshot: vector.snapshot })}\n`);
    const batch = requests.map(({ expect: _expect, ...request }) => request);
    const expected = requests.map((request) => request.expect);
    expect(await ask({ batch })).toEqual(expected);
    // A single request gives the same.
    if (batch[0]) expect(await ask(batch[0])).toEqual(expected[0]);
  },
);
