import { failure } from '../errors.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { FlagHolder } from '../store/flag-leases.js';
import type { Store } from '../store/store.js';

/** A start that has taken its flag and is a draft after this time, ms, has died in between. */
const STARTING_MS = 60_000;

/**
 * Takes the flag that an experiment will drive, just before it starts. Experiments share a flag only within one layer. Nobody
 * gives a flag back: a holder that is over, or has never started, is left out by the next start.
 *
 * @throws {RampartError} flag_in_use
 */
export async function takeFlag(
  { experiments, flagLeases }: Pick<Store, 'experiments' | 'flagLeases'>,
  { _id, flag_id, definition: { layer_id } }: Pick<ExperimentDocument, '_id' | 'flag_id' | 'definition'>,
  now: number,
): Promise<void> {
  const over = async (holders: readonly FlagHolder[]): Promise<readonly FlagHolder[]> => {
    const found = await experiments.states(holders.map(({ experiment_id }) => experiment_id));
    const states = new Map(found.map((one) => [one._id, one.state]));
    return holders.filter(({ experiment_id, at }) => {
      const state = states.get(experiment_id) ?? 'completed';
      return state === 'completed' || (state === 'draft' && now - at > STARTING_MS);
    });
  };
  const holder = await flagLeases.take(
    flag_id,
    { experiment_id: _id, layer_id: layer_id ?? null, at: now },
    over,
  );
  if (!holder) return;
  throw failure(
    'flag_in_use',
    `experiment ${holder.experiment_id} runs on flag ${flag_id}: wait until it ends, or put both in one layer`,
  );
}
