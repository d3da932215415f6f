import type { Stored } from '../store/definitions.js';
import type { Flag } from '../model/flag.js';
import type { UnderWay, UntoldLine } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';
import type { TimelineLine } from '../store/timeline.js';

/** Revisions of a flag that are read at once. */
const AT_ONCE = 100;

type Told = Pick<Store, 'untold' | 'timeline' | 'flags'>;

/**
 * Writes lines into the timeline that are stored in the experiment, with the change that they tell of. Whoever makes the
 * change does it at once; if that process dies, reconciliation does.
 */
export async function tellLines(
  { untold, timeline }: Pick<Told, 'untold' | 'timeline'>,
  experiment_id: string,
  lines: readonly UntoldLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await timeline.append(
    experiment_id,
    lines.map(({ key, item }): TimelineLine => [key, item]),
  );
  await untold.told(
    experiment_id,
    lines.map(({ key }) => key),
  );
}

/** An experiment under way, and the newest revision of its flag that its timeline knows of. */
type FlagUser = Pick<UnderWay, '_id' | 'flag_id' | 'flag_told' | 'view'>;

/**
 * Tells an experiment of the changes of its flag that its timeline does not have. The flag's own revisions say what they
 * are: a process that dies between a change and its line loses nothing.
 */
export async function tellFlagChanges(
  { untold, timeline, flags }: Told,
  { _id, flag_id, flag_told, view }: FlagUser,
  newest: number,
): Promise<void> {
  for (let first = flag_told + 1; first <= newest; first += AT_ONCE) {
    const last = Math.min(newest, first + AT_ONCE - 1);
    const changes = await flags.range(flag_id, first, last);
    await timeline.append(
      _id,
      changes
        // What it has written itself at its end has a line of its own.
        .filter(({ updated_by }) => updated_by !== `experiment:${_id}`)
        .map((change) => flagLine(flag_id, change, view?.revision ?? 0)),
    );
    await untold.flagTold(_id, last);
  }
}

function flagLine(
  flag_id: string,
  { revision, updated_at, updated_by }: Stored<Flag>,
  at_revision: number,
): TimelineLine {
  const isBySystem = updated_by.startsWith('experiment:');
  return [
    `flag:${revision}`,
    {
      at: Date.parse(updated_at),
      kind: 'flag_changed',
      actor: { type: isBySystem ? 'system' : 'person', id: updated_by },
      revision: at_revision,
      data: { flag_id, flag_revision: revision },
    },
  ];
}

/** What crashes left untold: lines that were stored and not written, and changes of flags. Returns how many experiments had some. */
export async function tellEverything(
  store: Told,
  underWay: readonly UnderWay[],
  now: number,
  progressed: () => void,
): Promise<number> {
  const told = new Set<string>();
  for (const { _id, untold: lines = [] } of await store.untold.all()) {
    progressed();
    const due = lines.filter((line) => line.due === undefined || line.due <= now);
    await tellLines(store, _id, due);
    if (due.length > 0) told.add(_id);
  }
  const newest = await store.flags.newestRevisions([...new Set(underWay.map(({ flag_id }) => flag_id))]);
  for (const experiment of underWay) {
    const revision = newest.get(experiment.flag_id) ?? 0;
    if (revision <= experiment.flag_told) continue;
    progressed();
    await tellFlagChanges(store, experiment, revision);
    told.add(experiment._id);
  }
  return told.size;
}
