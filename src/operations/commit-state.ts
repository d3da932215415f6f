import type { DecisionRecord, TimelineRecord } from '../lifecycle/state.js';
import type { Publication } from '../lifecycle/view.js';
import type { Commit } from '../store/experiment-document.js';
import { fencesOver, type StoredFence } from '../store/serving.js';
import type { Store } from '../store/store.js';
import type { TimelineLine } from '../store/timeline.js';
import type { FenceNotice } from '../temporal/messages.js';
import { certify } from './certify.js';
import { settle } from './settle.js';

export interface StateCommit extends Commit {
  /** The allocation changed: every serving process must hear of it. */
  publish: boolean;
}

/** `fences`: those over the experiment, read after the write. `version`: what the store holds now. */
export interface Committed {
  fences: FenceNotice[];
  version: number;
}

/**
 * Writes the newest state of an experiment, tells serving, writes the records. Written twice, it is written once.
 *
 * @param onDecided called once for each decision, however often it is written
 * @throws {RampartError} not_found where the experiment was never started
 */
export async function commitState(
  store: Store,
  commit: StateCommit,
  onDecided: (decision: DecisionRecord) => void = () => undefined,
): Promise<Committed> {
  const { experiment_id, records, decisions, publish, publication, checkpoint } = commit;
  const version = await store.experiments.commit(commit);
  // The store is ahead of the workflow: nothing of it may be written, it has to catch up.
  if (version > commit.version) return { fences: [], version };
  // Also when the guard let nothing through: an earlier attempt may have died between the two writes.
  const fences = publish
    ? await publishAllocation(store, experiment_id, publication)
    : await store.serving.fences();
  await store.timeline.append(experiment_id, [
    ...records.map(({ n, ...record }): TimelineLine => [`engine:${n}`, record]),
    ...(publish ? [publishedLine(publication)] : []),
  ]);
  if (decisions.length > 0) {
    const subject = await store.experiments.forLook(experiment_id);
    for (const decision of decisions) if (await certify(store, subject, decision)) onDecided(decision);
  }
  if (checkpoint.phase.state === 'completed') {
    await settle(store, await store.experiments.started(experiment_id));
  }
  return { fences: await noticesOf(store, fences, experiment_id), version };
}

/** The fences over an experiment, as its workflow is told of them. Where it runs is read only if a fence asks for it. */
export async function noticesOf(
  { experiments }: Pick<Store, 'experiments'>,
  fences: readonly StoredFence[],
  experiment_id: string,
): Promise<FenceNotice[]> {
  const isLimited = fences.some(({ scope, environments }) => scope === 'all' && environments !== undefined);
  const [place] = isLimited ? await experiments.placesOf([experiment_id]) : [];
  return fencesOver(fences, { experiment_id, environment: place?.environment }).map(
    ({ emergency_stop_id, by, reason }) => ({ emergency_stop_id, by, reason }),
  );
}

/** Tells every process of the allocation; returns the fences as they are then. */
async function publishAllocation(
  store: Store,
  experiment_id: string,
  { allocation }: Publication,
): Promise<StoredFence[]> {
  const { revision, fences } = await store.serving.changed(`experiment:${experiment_id}`);
  await store.experiments.markServed(experiment_id, revision, allocation.revision);
  return fences;
}

/** The line that says that the store holds an allocation, and that every process was told. */
function publishedLine({ allocation: { revision } }: Publication): TimelineLine {
  const record: Omit<TimelineRecord, 'n'> = {
    at: Date.now(),
    kind: 'allocation_published',
    actor: { type: 'engine', id: 'rampart' },
    revision,
    data: { revision },
  };
  return [`published:${revision}`, record];
}
