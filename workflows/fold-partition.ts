import { proxyActivities } from '@temporalio/workflow';
import type { FoldActivities } from '../activities/fold.js';
import { ofNoBuild } from './of-no-build.js';

const { fold } = proxyActivities<FoldActivities>({
  // One attempt lasts as long as its worker, whose end a missing heartbeat tells.
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

ofNoBuild(foldPartition);

/** Keeps one folding activity alive for a partition, forever. Its retries add nothing to the history. */
export async function foldPartition(partition: number): Promise<void> {
  for (;;) await fold(partition);
}
