import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import type { CommandDocument } from '../../src/store/commands.js';
import { ExperimentWorkflows } from '../../src/temporal/experiment-workflows.js';

const COMMAND = {
  _id: 'c1',
  experiment_id: 'e',
  command: { command_id: 'c1', name: 'pause', actor: { type: 'person', id: 'key' }, reason: 'a look' },
  at: '2026-01-01T00:00:00.000Z',
  expires_at: null,
  status: 'pending',
} as CommandDocument;

/** Delivers a command whose update ends as `update` does. What became of it, how it was settled, what the log says. */
async function delivered(update: () => Promise<unknown>, settle = (): Promise<void> => Promise.resolve()) {
  const [settled, lines]: [string[], unknown[]] = [[], []];
  const client = { workflow: { getHandle: () => ({ executeUpdate: update }) } } as unknown as Client;
  const workflows = new ExperimentWorkflows(
    client,
    'queue',
    { settle: (_, status) => settle().then(() => void settled.push(status)) },
    { warn: (fields: object, message?: string) => void lines.push({ ...fields, message }) },
  );
  const { status } = await workflows.deliver(COMMAND, false);
  return { status, settled, lines };
}

it.each([
  ['Temporal is away', () => Promise.reject(new Error('UNAVAILABLE: no connection'))],
  ['the code is wrong', () => Promise.resolve().then(() => (undefined as unknown as { x: 1 }).x)],
])('a command that is not delivered because %s stays pending, and the log says why', async (_, update) => {
  const { status, settled, lines } = await delivered(update);
  expect([status, settled]).toEqual(['pending', []]);
  expect(lines).toEqual([
    {
      err: expect.any(Error) as Error,
      command_id: 'c1',
      experiment_id: 'e',
      message: 'the command is not delivered yet',
    },
  ]);
});

it('so does one whose answer cannot be noted', async () => {
  const { status, lines } = await delivered(
    () => Promise.resolve({ version: 2 }),
    () => Promise.reject(new Error('MongoDB does not answer')),
  );
  expect([status, lines.length]).toEqual(['pending', 1]);
});

it('an answer, and a refusal, make no line', async () => {
  expect(await delivered(() => Promise.resolve({ version: 2 }))).toEqual({
    status: 'done',
    settled: ['done'],
    lines: [],
  });
  const refusal = new WorkflowUpdateFailedError('refused', ApplicationFailure.create({ type: 'not_live' }));
  expect(await delivered(() => Promise.reject(refusal))).toEqual({
    status: 'refused',
    settled: ['refused'],
    lines: [],
  });
});
