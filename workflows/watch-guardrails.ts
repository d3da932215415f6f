import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { WatchActivities } from '../activities/watch.js';

const { watchGuardrails: watch } = proxyActivities<WatchActivities>({
  // One attempt lasts as long as its worker, whose end a missing heartbeat tells.
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

// Of no build: whichever is current goes on with it, also after its first worker is gone.
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, watchGuardrails);

/** Keeps one watch over the guardrails of all experiments alive, forever. Its retries add nothing to the history. */
export async function watchGuardrails(): Promise<void> {
  for (;;) await watch();
}
