import { basisOf, evidenceAtHorizon, liftReport, type LiftReport } from '../lifecycle/lift-report.js';
import type { Look } from '../lifecycle/look.js';
import { planOf } from '../lifecycle/plan.js';
import type { DecisionItem } from '../store/decisions.js';
import type { ExperimentDocument, Launched } from '../store/experiment-document.js';
import type { SnapshotDocument } from '../store/snapshots.js';
import type { Store } from '../store/store.js';

/** A look to show, and whether it is the one that the fixed test was taken on. */
export interface Shown {
  snapshot: SnapshotDocument;
  at_horizon: boolean;
}

/** Which look is asked for: at most one of these. */
export interface Which {
  /** The newest at or before this time, ms since the epoch. */
  at?: number | undefined;
  snapshot_id?: string | undefined;
  /** The newest of this epoch. */
  epoch?: number | undefined;
}

/**
 * The look that is asked for; without any wish the newest, or once the experiment is over the one that its outcome was
 * decided on. Null where there is none.
 */
export async function shownLook(
  store: Store,
  document: ExperimentDocument,
  which: Which,
): Promise<Shown | null> {
  const decisions = await store.decisions.conclusions(document._id);
  const snapshot = await lookAskedFor(store, document, decisions, which);
  return snapshot && { snapshot, at_horizon: isAtHorizon(decisions, snapshot) };
}

async function lookAskedFor(
  store: Store,
  document: ExperimentDocument,
  decisions: readonly DecisionItem[],
  { at, snapshot_id, epoch }: Which,
): Promise<SnapshotDocument | null> {
  const { _id } = document;
  if (snapshot_id !== undefined) {
    const found = await store.snapshots.get(snapshot_id);
    return found?.experiment_id === _id ? found : null;
  }
  if (epoch !== undefined) return store.snapshots.latestOfEpoch(_id, epoch);
  if (at !== undefined) return lookAt(store, _id, at);
  return (await decidedLook(store, document, decisions)) ?? (await store.snapshots.latest(_id));
}

/** A decision's time is that of the workflow: the look that it rests on may be some milliseconds later by its own clock. */
async function lookAt(store: Store, id: string, at: number): Promise<SnapshotDocument | null> {
  const newest = await store.snapshots.latest(id, at);
  const decision = await store.decisions.latest(id, at);
  const behind = decision && (await store.snapshots.get(decision.snapshot_id!));
  return behind && behind.at > (newest?.at ?? -Infinity) ? behind : newest;
}

function isAtHorizon(decisions: readonly DecisionItem[], { _id }: SnapshotDocument): boolean {
  return decisions.map(basisOf).some(({ at_horizon, snapshot_id }) => at_horizon && snapshot_id === _id);
}

/** The look that the outcome was decided on; null before the end, and where a person stopped it. */
async function decidedLook(
  store: Store,
  { _id, view }: ExperimentDocument,
  decisions: readonly DecisionItem[],
): Promise<SnapshotDocument | null> {
  if (view?.state !== 'completed' || view.outcome === 'stopped') return null;
  if (view.outcome === 'shipped') return lookOfWinner(store, _id, decisions);
  const last = decisions.at(-1);
  return last ? lookBehind(store, last) : null;
}

/** The look that a winner was decided on; where a person concluded, the last one before anything was shipped. */
async function lookOfWinner(
  store: Store,
  id: string,
  decisions: readonly DecisionItem[],
): Promise<SnapshotDocument | null> {
  const winner = decisions.findLast(({ decision }) => decision === 'winner');
  return winner ? lookBehind(store, winner) : store.snapshots.latestOfEpoch(id, 0);
}

async function lookBehind(store: Store, decision: DecisionItem): Promise<SnapshotDocument | null> {
  const { snapshot_id } = basisOf(decision);
  return snapshot_id === null ? null : store.snapshots.get(snapshot_id);
}

/** Of an experiment with a winner that is not over yet: the lift as it was decided on. */
export async function liftAtDecision(store: Store, document: Launched): Promise<LiftReport | null> {
  const { _id, launch, view } = document;
  const decisions = await store.decisions.conclusions(_id);
  const decided = decisions.findLast(({ decision }) => decision === 'winner')?.variant;
  const variant = view?.winner ?? decided;
  if (!variant) return null;
  const snapshot = await lookOfWinner(store, _id, decisions);
  if (!snapshot) return null;
  const look: Look = isAtHorizon(decisions, snapshot)
    ? { ...snapshot.look, evidence: evidenceAtHorizon(snapshot.look.evidence) }
    : snapshot.look;
  return liftReport(planOf(_id, launch), look, variant);
}

/**
 * The lift from the units of the watch alone: those exposed since the last step of the roll-out, against the units that
 * keep the control. What won while it looked good looks too good; here it is measured again without that choice.
 */
export async function liftAfterWatch(
  store: Store,
  { _id, launch, checkpoint }: Launched,
  winner: string,
): Promise<LiftReport | null> {
  const last = await store.snapshots.latestOfEpoch(_id, checkpoint?.epoch ?? 0);
  return last && liftReport(planOf(_id, launch), last.look, winner);
}
