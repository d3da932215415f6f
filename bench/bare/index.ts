import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

/** Activities that do nothing, by the names of those that an experiment has. */
export interface NoOps {
  load(id: string): Promise<void>;
  commit(id: string): Promise<void>;
  measure(id: string): Promise<void>;
  verify(id: string): Promise<void>;
  settle(id: string): Promise<void>;
}

const { load, commit, measure, verify, settle } = proxyActivities<NoOps>({ startToCloseTimeout: '10s' });

/** The timers and activities of an experiment, and nothing else: what Temporal itself costs. */
export async function bare(id: string, poll_ms: number): Promise<void> {
  let stopped = false;
  setHandler(defineSignal('stop'), () => void (stopped = true));
  await load(id);
  await commit(id);
  await measure(id);
  while (!(await condition(() => stopped, poll_ms))) await measure(id);
  await commit(id);
  await verify(id);
  await commit(id);
  await settle(id);
}
