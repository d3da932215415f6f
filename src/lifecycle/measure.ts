import { slotsOf } from './allocation.js';
import type { State } from './state.js';

/** The allocation that a look is taken under. */
export interface MeasureInput {
  experiment_id: string;
  revision: number;
  epoch: number;
  slots: Record<string, number>;
  /** Bands that are not enrolled any more. */
  withdrawn: number[];
  /** The running p-values as of the look before. */
  running: State['running'];
}

export function measureInputOf(
  experiment_id: string,
  { revision, epoch, ranges, withdrawn, running }: State,
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
