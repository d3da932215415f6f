import { proxyActivities } from '@temporalio/workflow';
import type { WatchActivities } from '../activities/watch.js';
import { ofNoBuild } from './of-no-build.js';

const { watchGuardrails: watch } = proxyActivities<WatchActivities>({
  // One attempt lasts as long as its worker, whose end a missing heartbeat tells.
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

ofNoBuild(watchGuardrails);

/** Keeps one watch over the guardrails of all experiments alive, forever. Its retries add nothing to the history. */
export async function watchGuardrails(): Promise<void> {
  for (;;) await watch();
}
