import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Registry } from 'prom-client';
import { createLifecycleActivities } from '../../activities/lifecycle.js';
import { WorkMetrics } from '../../activities/work-metrics.js';
import { LivenessObserver } from '../../src/serving/liveness.js';
import type { Store } from '../../src/store/store.js';

/** The limit between two signs of life of every activity of a lifecycle, ms. */
const LIMIT_MS = 3_000;
/** What one call of a store takes that is slow and does not fail. */
const CALL_MS = 2_400;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store whose every call answers late, and answers `answers` by its name. */
function slowStore(answers: Record<string, unknown>): Store {
  const part = (): object =>
    new Proxy(
      {},
      {
        get: (_, name) => async () => {
          await new Promise((resolve) => setTimeout(resolve, CALL_MS));
          return answers[name as string];
        },
      },
    );
  return new Proxy({}, { get: part }) as Store;
}

/** Runs an activity on the slow store. The longest time between two signs of life, and how long all of it took, ms. */
async function silenceOf(
  name: 'commit' | 'load' | 'verify',
  argument: unknown,
  answers: Record<string, unknown>,
): Promise<{ silence: number; took: number }> {
  const environment = new MockActivityEnvironment();
  const activities = createLifecycleActivities({
    store: slowStore(answers),
    liveness: new LivenessObserver(),
    stopping: new AbortController().signal,
    metrics: new WorkMetrics(new Registry()),
  });
  const began = Date.now();
  const signs = [began];
  environment.on('heartbeat', () => signs.push(Date.now()));
  const run = environment.run(activities[name] as (argument: unknown) => Promise<unknown>, argument);
  let over = false;
  void run.catch(() => undefined).finally(() => (over = true));
  while (!over && Date.now() - began < 120_000) await vi.advanceTimersByTimeAsync(100);
  await run;
  signs.push(Date.now());
  return {
    silence: Math.max(...signs.slice(1).map((at, index) => at - signs[index]!)),
    took: Date.now() - began,
  };
}

const LAUNCH = { arms: [], metrics: [], start_at: 0, policy: { freeze_windows: [] } };

const commit = {
  experiment_id: 'e',
  version: 4,
  publish: true,
  publication: { allocation: { revision: 3, epoch: 0, ranges: [] } },
  checkpoint: { phase: { state: 'running' } },
  records: [],
  decisions: [],
};

it.each([
  ['commit', commit, { commit: 4, changed: { revision: 9, fences: [] } }, 3],
  ['load', 'e', { started: { launch: LAUNCH, checkpoint: null }, fences: [] }, 2],
  ['verify', { experiment_id: 'e' }, { servedAt: 1, all: [] }, 2],
] as const)('%s gives signs of life however slow the store is', async (name, argument, answers, calls) => {
  const { silence, took } = await silenceOf(name, argument, answers);
  expect(took).toBeGreaterThanOrEqual(calls * CALL_MS);
  expect(silence).toBeLessThan(LIMIT_MS / 2);
});
