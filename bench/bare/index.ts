import { proxyActivities, sleep } from '@temporalio/workflow';

/** Activities that do nothing, with the names of an experiment's activities. */
export interface NoOps {
  load(id: string): Promise<void>;
  commit(id: string): Promise<void>;
  measure(id: string): Promise<void>;
}

const { load, commit, measure } = proxyActivities<NoOps>({ startToCloseTimeout: '10s' });

/** The timers and activities of an experiment and nothing else: this is what Temporal itself costs. */
export async function bare(id: string, poll_ms: number): Promise<void> {
  await load(id);
  await commit(id);
  for (;;) {
    await measure(id);
    await sleep(poll_ms);
  }
}
