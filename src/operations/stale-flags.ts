import type { Flag } from '../model/flag.js';
import type { Stored } from '../store/definitions.js';
import type { Store } from '../store/store.js';

/** So many days without a change make a flag stale, where nobody asks for others. */
export const USUAL_DAYS = 30;

/** A flag that no longer decides anything. */
export interface StaleFlag {
  stored: Stored<Flag>;
  reason: 'shipped' | 'off' | 'constant';
  remedy: string;
}

/** Flags that no longer decide anything. @param before since when a flag must be unchanged, ms since the epoch */
export async function staleFlags(
  { experiments, flags }: Pick<Store, 'experiments' | 'flags'>,
  before: number,
): Promise<StaleFlag[]> {
  const driven = new Set((await experiments.underWay()).map(({ flag_id }) => flag_id));
  return (await flags.all())
    .filter(({ _id }) => !driven.has(_id))
    .flatMap((stored) => {
      const stale = staleness(stored, before);
      return stale ? [{ stored, ...stale }] : [];
    });
}

/** Why a flag is stale: its experiment is over, or everybody has got the same for a long time. */
function staleness(
  { definition: flag, updated_at }: Stored<Flag>,
  before: number,
): Pick<StaleFlag, 'reason' | 'remedy'> | null {
  const won = flag.rules?.find((rule) => rule.experiment_id !== undefined);
  if (won) {
    return {
      reason: 'shipped',
      remedy: `experiment ${won.experiment_id} is over: keep the winner in the code, then delete the flag`,
    };
  }
  if (Date.parse(updated_at) > before) return null;
  if (!flag.enabled)
    return { reason: 'off', remedy: 'nobody gets it: take it out of the code, then delete it' };
  const isConstant =
    (flag.rules ?? []).length === 0 &&
    flag.target_segments === undefined &&
    flag.segments === undefined &&
    (flag.variants
      ? Object.values(flag.variants).some(({ weight }) => weight === 100)
      : [undefined, 0, 100].includes(flag.rollout_percentage));
  if (!isConstant) return null;
  return {
    reason: 'constant',
    remedy: 'everybody gets the same value: put it into the code, then delete the flag',
  };
}
