import type { StoredFence } from '../store/serving.js';
import type { Store } from '../store/store.js';

/** Writes down, with its entry in the audit trail, the emergency stop of a fence that is set, and whom it has met. */
export async function recordEmergencyStop(
  store: Store,
  { emergency_stop_id, by, reason, scope, at }: StoredFence,
  fence_revision: number,
  experiment_ids: string[],
): Promise<void> {
  await store.audit.append({
    actor: { type: 'person', id: by },
    action: 'emergency_stop.create',
    subject: { type: 'emergency_stop', id: emergency_stop_id },
    after: { reason, scope },
  });
  await store.emergencyStops.put({
    ...{ _id: emergency_stop_id, at, by, reason, scope },
    experiment_ids,
    fence_revision,
    released_at: null,
  });
}
