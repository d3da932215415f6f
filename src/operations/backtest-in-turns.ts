import { setImmediate as turn } from 'node:timers/promises';
import { failure } from '../errors.js';
import type { Launch } from '../model/launch.js';
import type { PolicyDocument } from '../model/policy.js';
import { backtesting, type Backtest } from '../rehearsal/backtest.js';
import type { SnapshotDocument } from '../store/snapshots.js';
import type { Store } from '../store/store.js';

/** A backtest reads at most this many snapshots: four weeks of looks every five minutes. */
const MOST_SNAPSHOTS = 10_000;
const READ_AT_ONCE = 500;
/** Most backtests that wait for the one under way. */
const MOST_WAITING = 20;

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/**
 * What another policy would have done with the recorded snapshots. Requests that are served meanwhile wait for one look at
 * most, and only one backtest is under way in a process.
 *
 * @throws {RampartError} rate_limited if too many wait
 */
export async function backtestInTurns(
  { snapshots }: Pick<Store, 'snapshots'>,
  experiment_id: string,
  launch: Launch,
  policy: PolicyDocument,
): Promise<Backtest> {
  if (waiting >= MOST_WAITING)
    throw failure('rate_limited', 'too many backtests wait: try again later', { retry_after: 30 });
  waiting += 1;
  const result = last.then(async () => {
    const looks = backtesting(launch, policy, await recordedOf(snapshots, experiment_id));
    for (;;) {
      const { done, value } = looks.next();
      if (done) return value;
      await turn();
    }
  });
  last = result.catch(() => undefined);
  return result.finally(() => {
    waiting -= 1;
  });
}

async function recordedOf(snapshots: Store['snapshots'], experiment_id: string): Promise<SnapshotDocument[]> {
  const recorded: SnapshotDocument[] = [];
  while (recorded.length < MOST_SNAPSHOTS) {
    const page = await snapshots.series(experiment_id, READ_AT_ONCE, recorded.at(-1)?.at ?? 0);
    recorded.push(...page);
    if (page.length < READ_AT_ONCE) break;
  }
  return recorded;
}
