import { certificateOf, type Measured } from '../certificates/certificate.js';
import { planOf } from '../lifecycle/plan.js';
import type { DecisionRecord } from '../lifecycle/state.js';
import { sha256 } from '../secrets/sha256.js';
import type { LookSubject } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';

/** Stores a decision with its certificate, which names the hash of the certificate before it. Returns whether it is new. */
export async function certify(
  store: Store,
  { _id, launch }: LookSubject,
  decision: DecisionRecord,
): Promise<boolean> {
  const measured = new Map<string, Measured>();
  for (const id of [decision.snapshot_id, decision.circumstances?.final_snapshot_id]) {
    const snapshot = id ? await store.snapshots.get(id) : null;
    if (snapshot) measured.set(snapshot._id, snapshot);
  }
  const before = decision.n > 1 ? await store.decisions.get(_id, decision.n - 1) : null;
  const given = {
    plan: planOf(_id, launch),
    policy: launch.policy_document,
    decision,
    measured,
    previous_hash: before?.certificate.hash ?? null,
  };
  const certificate = certificateOf(given, sha256);
  return store.decisions.add(_id, decision, certificate);
}
