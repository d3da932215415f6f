import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LifecycleActivities } from '../../activities/lifecycle.js';
import { bundleWorkflows } from '../../activities/bundle.js';
import { encryptedBy, EncryptingCodec } from '../../src/temporal/payload-codec.js';
import { EXPERIMENT_WORKFLOW } from '../../src/temporal/messages.js';
import { LifecycleHandle, SimulatedWorld, timeSkippingServer } from './world.js';

const SECRET = 'a secret of tests that is long enough';
const REASON = 'a reason that nobody but us may read';
let env: TestWorkflowEnvironment;
let bundle: WorkflowBundle;
let current = 'k1';
const dataConverter = encryptedBy(new EncryptingCodec(SECRET, () => Promise.resolve(current)));
type History = temporal.api.history.v1.IHistory;

beforeAll(async () => {
  [env, bundle] = await Promise.all([timeSkippingServer(), bundleWorkflows()]);
});

afterAll(() => env.teardown());

/** An experiment that is paused and stopped with a reason; its history as Temporal keeps it. */
async function live(
  isFirstInTheClear: boolean,
): Promise<{ history: History; name: string; world: SimulatedWorld }> {
  const world = await SimulatedWorld.begin(env);
  const taskQueue = `encrypted-${world.experiment_id}`;
  const client = new Client({ connection: env.connection, dataConverter });
  const first = isFirstInTheClear ? new Client({ connection: env.connection }) : client;
  const name = `experiment:${world.experiment_id}`;
  await first.workflow.start(EXPERIMENT_WORKFLOW, {
    workflowId: name,
    taskQueue,
    args: [{ experiment_id: world.experiment_id }],
  });
  // Nothing is kept: the next worker has the history alone.
  const options = {
    ...{ connection: env.nativeConnection, taskQueue, workflowBundle: bundle },
    maxCachedWorkflows: 0,
  };
  // What somebody wrote may be in what an error says.
  let isToFail = false;
  const { measure, ...others } = world.activities;
  const activities: LifecycleActivities = {
    ...others,
    measure: (input) => {
      if (!isToFail) return measure(input);
      isToFail = false;
      throw ApplicationFailure.nonRetryable(REASON);
    },
  };
  const inTurn = async (converted: object, live: (handle: LifecycleHandle) => Promise<unknown>) => {
    const worker = await Worker.create({ ...options, ...converted, activities });
    const handle = new LifecycleHandle(client, client.workflow.getHandle(name));
    await worker.runUntil(() => live(handle));
  };
  // A worker of before encrypts nothing; the one that takes over goes on with what it wrote.
  if (isFirstInTheClear) await inTurn({}, () => env.sleep('2h'));
  isToFail = true;
  await inTurn({ dataConverter }, async (handle) => {
    await env.sleep('2h');
    await handle.command('pause', { reason: REASON });
    current = 'k2';
    await handle.command('stop', { reason: REASON });
    await handle.result();
  });
  const { workflow } = env.client;
  return { history: await workflow.getHandle(name).fetchHistory(), name, world };
}

/** Every text of a history, and what its bytes say. */
function textOf(history: unknown): string {
  if (history instanceof Uint8Array) return Buffer.from(history).toString('latin1');
  if (typeof history === 'string') return history;
  if (typeof history !== 'object' || history === null) return '';
  return Object.values(history).map(textOf).join('\n');
}

describe('a workflow with encrypted payloads', () => {
  it('lives as any other, across a rotation, replays, and shows nothing of what it carries', async () => {
    const { history, name, world } = await live(false);
    const text = textOf(history);
    expect(world.records.some(({ reason }) => reason === REASON)).toBe(true);
    expect(text).not.toContain(REASON);
    expect(text).not.toContain('click_through_rate');
    expect(text).toContain('binary/encrypted');
    expect(text).toContain('Encoded failure');
    expect([text.includes('k1'), text.includes('k2')]).toEqual([true, true]);
    await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter }, history, name);
  });

  it('goes on from a history that began in the clear', async () => {
    const { history, name } = await live(true);
    expect(textOf(history)).toContain('click_through_rate');
    expect(textOf(history)).not.toContain(REASON);
    await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter }, history, name);
  });
});
