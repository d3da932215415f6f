import { RampartError } from '../errors.js';
import { liftAfterWatch, liftAtDecision } from './find-results.js';
import { finalLifts } from './find-prior-lifts.js';
import { flagAfter } from './flag-after-shipping.js';
import type { TimelineRecord } from '../lifecycle/state.js';
import type { Store } from '../store/store.js';
import type { Launched } from '../store/experiment-document.js';
import { audited } from './tell.js';
import { tellFlagChanges } from './tell-lines.js';

/**
 * After the end of an experiment: the winner is written into the flag, its lift is taken down as it was decided on and as
 * the watch measured it, what was measured is taken down for later starts, and the slots of the layer are given back.
 */
export async function settle(store: Store, settled: Launched): Promise<void> {
  const { _id, launch, flag_id, view } = settled;
  const winner = view?.outcome === 'shipped' ? view.winner : null;
  // What happened to the flag before the end: nobody will ask for it afterwards.
  const flag = await store.flags.newestRevisions([flag_id]);
  await tellFlagChanges(store, settled, flag.get(flag_id) ?? 0);
  if (winner !== null) await writeWinner(store, settled, winner);
  const lifts = winner === null ? undefined : await takeDownLifts(store, settled, winner);
  const final_lifts = await finalLifts(store, settled);
  await store.experiments.settle(_id, Date.now(), { ...(lifts && { lifts }), final_lifts });
  await store.serving.changed(`flag:${flag_id}`, `experiment:${_id}`);
  if (launch.layer) await store.leases.giveBack(launch.layer.layer_id, _id);
}

/**
 * Makes the winner a rule of the flag. Whenever a worker dies in the middle, the next attempt writes what is missing, and
 * nothing twice.
 */
async function writeWinner(store: Store, settled: Launched, winner: string): Promise<void> {
  const { _id, flag_id, view } = settled;
  const flag_revision = await flagWithWinner(store, settled, winner);
  await store.timeline.append(_id, [
    [
      'settled',
      {
        ...lineOf(view),
        kind: 'flag_changed',
        reason: `flag ${flag_id} serves ${winner} from now on`,
        data: { flag_id, flag_revision },
      },
    ],
  ]);
}

/** What the watch says of the lift stands beside what was said when it was decided; the timeline has both in words. */
async function takeDownLifts(store: Store, document: Launched, winner: string): Promise<Launched['lifts']> {
  const at_decision = await liftAtDecision(store, document);
  const after_watch = await liftAfterWatch(store, document, winner);
  const lines = (after_watch?.primaries ?? []).map(({ metric_id, text }) => {
    const before = at_decision?.primaries.find((one) => one.metric_id === metric_id)?.text ?? 'not measured';
    return `${metric_id} of ${winner} after the watch: ${text}; at the decision: ${before}`;
  });
  await store.timeline.append(
    document._id,
    lines.map((reason, index) => [
      `watched:${index}`,
      { ...lineOf(document.view), kind: 'note', reason, data: { code: 'lift_after_watch' } },
    ]),
  );
  return { at_decision, after_watch };
}

function lineOf(view: Launched['view']): Pick<TimelineRecord, 'at' | 'actor' | 'revision'> {
  return { at: Date.now(), actor: { type: 'engine', id: 'rampart' }, revision: view?.revision ?? 0 };
}

/** The revision of the flag that has the winner's rule, which is written where it is missing. */
async function flagWithWinner(
  store: Store,
  { _id, definition, flag_id }: Launched,
  winner: string,
): Promise<number> {
  const by = `experiment:${_id}`;
  for (;;) {
    const before = await store.flags.get(flag_id);
    const after = flagAfter(definition, before?.definition ?? null, winner);
    if (before && after === before.definition) return before.revision;
    const revision = await store.flags.nextRevision(flag_id, before);
    const change = {
      by,
      isBySystem: true,
      action: 'flag.update',
      subject: ['flag', flag_id],
      after,
      key: `${revision}:${by}`,
    } as const;
    try {
      await audited({ store }, change, () => store.flags.replace(flag_id, after, by, before, revision));
      return revision;
    } catch (error) {
      // Somebody changed the flag meanwhile: the winner goes into what it is now.
      if (!(error instanceof RampartError) || error.code !== 'conflict') throw error;
    }
  }
}
