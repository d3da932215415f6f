import { describe, expect, it } from 'vitest';
import {
  countdown,
  missingIn,
  scopeText,
  shellLine,
  stopStanding,
  type StopReport,
} from '../../../dashboard/src/words/stop.js';

const AT = '2026-01-31T12:00:00.000Z';
const report: StopReport = {
  ...{ emergency_stop_id: 'stop_1', at: AT, by: 'ada', reason: 'r', scope: 'all', fence_revision: 22 },
  ...{ experiments: 3, acknowledged: 3, held: 0, pending: [], instances: [], unknown: [] },
  ...{ serves_control_at: null, force_from: AT, complete: true },
};
const unknown = (...names: string[]) =>
  names.map((instance_id) => ({ instance_id, since: AT, serves_control_at: AT }));

describe('what the dashboard says of an emergency stop', () => {
  it('names what is missing, and counts where that is much', () => {
    const late = {
      ...{ instance_id: 'api-1', kind: 'api' as const, serving_revision: 21 },
      ...{ obeys: false, live: true },
    };
    expect(missingIn({ ...report, unknown: unknown('api-3'), pending: ['checkout_v2'] })).toBe(
      'api-3 unknown, checkout_v2 pending',
    );
    expect(missingIn({ ...report, instances: [late], pending: ['a', 'b', 'c'] })).toBe(
      'api-1 not yet obeying, 3 experiments pending',
    );
    expect(missingIn(report)).toBe('');
  });

  it('says how far it is and what it reaches', () => {
    expect(stopStanding(report)).toBe('complete');
    expect(stopStanding({ ...report, complete: false })).toBe('not complete');
    expect(stopStanding({ ...report, complete: false, released_at: AT })).toBe('released');
    expect(scopeText({ ...report, scope: ['a', 'b'] })).toBe('a and b');
    expect(scopeText({ ...report, environments: ['staging'] })).toBe('all experiments of staging');
  });

  it('gives a line for a shell that means the same, whatever the reason has in it', () => {
    expect(shellLine(null, "it's $5!")).toBe(`rampart emergency-stop --all --reason 'it'\\''s $5!' --wait`);
    expect(shellLine(['a', 'b'], 'r')).toBe('rampart emergency-stop a b --reason "r" --wait');
  });

  it.each([
    [252_000, '4:12'],
    [9_100, '0:10'],
    [600_000, '10:00'],
    [3_852_000, '1:04:12'],
    [-5, '0:00'],
  ])('counts down: %d ms is %s', (ms, text) => {
    expect(countdown(ms)).toBe(text);
  });
});
