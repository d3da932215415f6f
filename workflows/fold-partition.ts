import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { FoldActivities } from '../activities/fold.js';

const { fold } = proxyActivities<FoldActivities>({
  // One attempt lasts as long as its worker, whose end a missing heartbeat tells.
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

// Of no build: whichever is current goes on with it, also after its first worker is gone.
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, foldPartition);

/** Keeps one folding activity alive for a partition, forever. Its retries add nothing to the history. */
export async function foldPartition(partition: number): Promise<void> {
  for (;;) await fold(partition);
}
