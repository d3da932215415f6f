import { slotsOf } from './allocation.js';
import type { State } from './state.js';

/** What a look at the metrics needs to know of the state: the allocation that it is taken under. */
export interface MeasureInput {
  experiment_id: string;
  revision: number;
  epoch: number;
  /** Number of slots per variant. */
  slots: Record<string, number>;
  /** Revisions of the bands that are no longer enrolled. */
  withdrawn: number[];
  /** The running p-values as of the previous look. */
  running: State['running_p'];
}

export function measureInputOf(
  experiment_id: string,
  { revision, epoch, ranges, withdrawn, running_p: running }: State,
): MeasureInput {
  return {
    experiment_id,
    revision,
    epoch,
    slots: slotsOf(ranges),
    withdrawn: withdrawn.map((band) => band.revision),
    running,
  };
}
