import { liftAfterWatch, liftAtDecision } from './find-results.js';
import { flagAfter } from './flag-after-shipping.js';
import type { TimelineRecord } from '../lifecycle/state.js';
import type { Store } from '../store/store.js';
import type { Launched } from '../store/experiments.js';

/**
 * After the end of an experiment: the winner is written into the flag, its lift is taken down as it was decided on and as
 * the watch measured it, and the slots of the layer are given back.
 */
export async function settle(store: Store, document: Launched): Promise<void> {
  const { _id, launch, flag_id, view } = document;
  const winner = view?.outcome === 'shipped' ? view.winner : null;
  if (winner !== null) await writeIntoFlag(store, document, winner);
  const lifts = winner === null ? undefined : await takeDownLifts(store, document, winner);
  await store.experiments.settle(_id, Date.now(), lifts);
  await store.serving.changed(`flag:${flag_id}`, `experiment:${_id}`);
  if (launch.layer) await store.leases.giveBack(launch.layer.layer_id, _id);
}

async function writeIntoFlag(
  store: Store,
  { _id, definition, flag_id, view }: Launched,
  winner: string,
): Promise<void> {
  const by = `experiment:${_id}`;
  const changed = await store.flags.change(flag_id, (flag) => flagAfter(definition, flag, winner), by);
  if (!changed) return;
  await store.audit.append({
    actor: { type: 'system', id: by },
    action: 'flag.update',
    subject: { type: 'flag', id: flag_id },
    after: changed.definition,
  });
  await store.timeline.append(_id, [
    [
      'settled',
      {
        ...lineOf(view),
        kind: 'flag_changed',
        reason: `flag ${flag_id} serves ${winner} from now on`,
        data: { flag_id, flag_revision: changed.revision },
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
