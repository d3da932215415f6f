import { flagAfter } from './flag-after-shipping.js';
import type { Store } from '../store/store.js';
import type { Launched } from '../store/experiments.js';

/** After the end of an experiment: the winner is written into the flag, the slots of the layer are given back. */
export async function settle(
  store: Store,
  { _id, launch, definition, flag_id, view }: Launched,
): Promise<void> {
  const winner = view?.outcome === 'shipped' ? view.winner : null;
  const by = `experiment:${_id}`;
  const changed =
    winner === null
      ? null
      : await store.flags.change(flag_id, (flag) => flagAfter(definition, flag, winner), by);
  if (changed) {
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
          at: Date.now(),
          kind: 'flag_changed',
          actor: { type: 'engine', id: 'rampart' },
          revision: view?.revision ?? 0,
          reason: `flag ${flag_id} serves ${winner} from now on`,
          data: { flag_id, flag_revision: changed.revision },
        },
      ],
    ]);
  }
  await store.experiments.settle(_id, Date.now());
  await store.serving.changed(`flag:${flag_id}`, `experiment:${_id}`);
  if (launch.layer) await store.leases.giveBack(launch.layer.layer_id, _id);
}
