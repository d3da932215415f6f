import { describe, expect, it } from 'vitest';
import { acknowledgedBy } from '../../src/operations/emergency-stop.js';
import { stopReportOf } from '../../src/operations/report-stop.js';
import type { ObservedInstance } from '../../src/serving/liveness.js';
import { SERVE_STALE_MAX_MS } from '../../src/model/serving.js';
import type { EmergencyStopDocument } from '../../src/store/emergency-stops.js';
import type { UnderWay } from '../../src/store/experiment-document.js';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const FORCE_AFTER_MS = 300_000;
const stop: EmergencyStopDocument = {
  ...{ _id: 'stop_1', at: '2026-01-31T11:59:00.000Z', by: 'ada', reason: 'checkout fails', scope: 'all' },
  ...{ experiment_ids: ['a', 'b'], fence_revision: 22, released_at: null },
};
const DONE = { acknowledged: 2, held: 0, pending: [] as string[] };

function instance(
  instance_id: string,
  serving_revision: number,
  still_ms: number | 'live' = 'live',
): ObservedInstance {
  return {
    ...{ instance_id, start_id: instance_id, serving_revision, kind: 'api', process: null, unserved: [] },
    ...(still_ms === 'live' ? { live: true, still_ms: 0 } : { live: false, still_ms }),
  };
}

function report(observed: ObservedInstance[], acknowledged = DONE, at = stop) {
  return stopReportOf(at, acknowledged, observed, FORCE_AFTER_MS, NOW);
}

describe('the report of an emergency stop', () => {
  it('is complete once every process obeys and every experiment is rolled back', () => {
    expect(report([instance('api-1', 22), instance('api-2', 23)])).toMatchObject({
      ...{ complete: true, unknown: [], serves_control_at: null },
      force_from: '2026-01-31T12:04:00.000Z',
    });
    expect(report([], { acknowledged: 1, held: 0, pending: ['b'] }).complete).toBe(false);
  });

  it('waits for a live process that does not obey, which is no unknown', () => {
    expect(report([instance('api-1', 21)])).toMatchObject({ complete: false, unknown: [] });
  });

  it('names a lost process as unknown, and from when it serves the control by itself', () => {
    const { unknown, serves_control_at, complete } = report([
      instance('api-1', 22),
      instance('api-2', 21, 60_000),
      instance('api-3', 21, 20_000),
    ]);
    expect(complete).toBe(false);
    expect(unknown).toEqual([
      {
        instance_id: 'api-2',
        since: '2026-01-31T11:59:00.000Z',
        serves_control_at: '2026-01-31T12:09:00.000Z',
      },
      {
        instance_id: 'api-3',
        since: '2026-01-31T11:59:40.000Z',
        serves_control_at: '2026-01-31T12:09:40.000Z',
      },
    ]);
    expect(serves_control_at).toBe('2026-01-31T12:09:40.000Z');
  });

  it('counts a lost process no longer once it serves the control by itself, nor one that was lost while it obeyed', () => {
    const lost = report([instance('api-2', 21, SERVE_STALE_MAX_MS), instance('api-3', 22, 60_000)]);
    expect(lost).toMatchObject({ complete: true, unknown: [] });
    expect(lost.instances.map(({ lost_since }) => lost_since)).toEqual([
      '2026-01-31T11:50:00.000Z',
      '2026-01-31T11:59:00.000Z',
    ]);
  });

  it('holds every process that is lost or behind for unknown until the fence is written down', () => {
    const { unknown, complete } = report([instance('api-1', 99, 60_000)], DONE, {
      ...stop,
      fence_revision: null,
    });
    expect([unknown.length, complete]).toEqual([1, false]);
  });

  it('tells what waits, and is held, from what was rolled back', () => {
    const held = { _id: 'a', state: 'queued', view: { holds: [{ code: 'fenced' }] } };
    const open = { _id: 'b', state: 'ramping', view: { holds: [] } };
    const underWay = [held, open] as unknown as UnderWay[];
    expect(acknowledgedBy(underWay, stop)).toEqual({ acknowledged: 1, held: 1, pending: ['b'] });
    expect(acknowledgedBy([], stop)).toEqual({ acknowledged: 2, held: 0, pending: [] });
  });
});
