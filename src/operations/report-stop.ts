import { iso } from '../iso.js';
import { lossOf, type ObservedInstance } from '../serving/liveness.js';
import type { EmergencyStopDocument } from '../store/emergency-stops.js';
import type { Acknowledgement } from './emergency-stop.js';

export interface ReportedInstance {
  instance_id: string;
  kind: 'api' | 'sdk';
  serving_revision: number;
  obeys: boolean;
  live: boolean;
  /** ISO 8601; of a lost one. */
  lost_since?: string;
}

/** A process of which nobody knows whether it still serves the arms. */
export interface UnknownInstance {
  instance_id: string;
  since: string;
  serves_control_at: string;
}

export interface StopReport {
  emergency_stop_id: string;
  at: string;
  by: string;
  reason: string;
  scope: 'all' | string[];
  environments?: string[];
  fence_revision: number | null;
  experiments: number;
  acknowledged: number;
  held: number;
  pending: string[];
  instances: ReportedInstance[];
  unknown: UnknownInstance[];
  serves_control_at: string | null;
  force_from: string;
  complete: boolean;
  released_at?: string;
}

/**
 * The truth about a stop: what is rolled back, which processes obey, and what nobody knows.
 *
 * @param force_after_ms age of the stop from which its experiments may be ended by force
 * @param now ms since the epoch
 */
export function stopReportOf(
  stop: EmergencyStopDocument,
  { acknowledged, held, pending }: Acknowledgement,
  observed: readonly ObservedInstance[],
  force_after_ms: number,
  now: number,
): StopReport {
  const fence_revision = stop.fence_revision ?? Infinity;
  const behind = observed.filter(({ serving_revision }) => serving_revision < fence_revision);
  const unknown = unknownOf(behind, now);
  const latest = unknown.map(({ serves_control_at }) => serves_control_at).sort();
  return {
    emergency_stop_id: stop._id,
    at: stop.at,
    by: stop.by,
    reason: stop.reason,
    scope: stop.scope,
    ...(stop.environments && { environments: stop.environments }),
    fence_revision: stop.fence_revision,
    experiments: stop.experiment_ids.length,
    acknowledged,
    held,
    pending,
    instances: observed.map((instance) => instanceOf(instance, fence_revision, now)),
    unknown,
    serves_control_at: latest.at(-1) ?? null,
    force_from: iso(Date.parse(stop.at) + force_after_ms),
    complete: pending.length === 0 && unknown.length === 0 && behind.every(({ live }) => !live),
    ...(stop.released_at !== null && { released_at: stop.released_at }),
  };
}

function instanceOf(observed: ObservedInstance, fence_revision: number, now: number): ReportedInstance {
  const { instance_id, kind, serving_revision, live } = observed;
  const loss = lossOf(observed, now);
  return {
    instance_id,
    kind,
    serving_revision,
    obeys: serving_revision >= fence_revision,
    live,
    ...(loss && { lost_since: iso(loss.silent_since) }),
  };
}

/** A lost process may be cut off and still serve what it has. For as long as it may do so, nobody knows. */
function unknownOf(behind: readonly ObservedInstance[], now: number): UnknownInstance[] {
  return behind.flatMap((instance) => {
    const loss = lossOf(instance, now);
    if (!loss || loss.serves_control_at <= now) return [];
    const { silent_since, serves_control_at } = loss;
    return [
      {
        instance_id: instance.instance_id,
        since: iso(silent_since),
        serves_control_at: iso(serves_control_at),
      },
    ];
  });
}
