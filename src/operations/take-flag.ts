import { failure } from '../errors.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { FlagHolder } from '../store/flag-leases.js';
import type { Store } from '../store/store.js';

/** A start that has taken its flag and is a draft after this time, ms, has died in between. */
const STARTING_MS = 60_000;

type Stores = Pick<Store, 'experiments' | 'flagLeases'>;
type Taker = Pick<ExperimentDocument, '_id' | 'flag_id' | 'definition'>;

/**
 * Takes the flag that an experiment will drive, just before it starts. Experiments share a flag only within one layer. Nobody
 * gives a flag back: a holder that is over, or has never started, is left out by the next start.
 *
 * @throws {RampartError} flag_in_use
 */
export async function takeFlag(store: Stores, taker: Taker, now: number): Promise<void> {
  const { flag_id } = taker;
  refuseIfHeld(flag_id, await store.flagLeases.take(flag_id, asHolder(taker, now), overIn(store, now)));
}

/** Whether `takeFlag` would succeed now. Takes nothing. @throws {RampartError} flag_in_use */
export async function assertFlagFree(store: Stores, taker: Taker, now: number): Promise<void> {
  const { flag_id } = taker;
  refuseIfHeld(flag_id, await store.flagLeases.blocking(flag_id, asHolder(taker, now), overIn(store, now)));
}

function asHolder({ _id, definition: { layer_id } }: Taker, now: number): FlagHolder {
  return { experiment_id: _id, layer_id: layer_id ?? null, at: now };
}

/** Those of a flag's holders that drive it no more. */
function overIn({ experiments }: Stores, now: number) {
  return async (holders: readonly FlagHolder[]): Promise<readonly FlagHolder[]> => {
    const found = await experiments.states(holders.map(({ experiment_id }) => experiment_id));
    const states = new Map(found.map((one) => [one._id, one.state]));
    return holders.filter(({ experiment_id, at }) => {
      const state = states.get(experiment_id) ?? 'completed';
      return state === 'completed' || (state === 'draft' && now - at > STARTING_MS);
    });
  };
}

function refuseIfHeld(flag_id: string, holder: FlagHolder | null): void {
  if (!holder) return;
  throw failure(
    'flag_in_use',
    `experiment ${holder.experiment_id} runs on flag ${flag_id}: wait until it ends, or put both in one layer`,
  );
}
