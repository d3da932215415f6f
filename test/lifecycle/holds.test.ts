import { describe, expect, it } from 'vitest';
import type { Look } from '../../src/lifecycle/look.js';
import { step, type Step } from '../../src/lifecycle/step.js';
import { ANOMALY_KINDS, type Alarm } from '../../src/model/anomaly.js';
import { good, looked, planFor, ramping, running, SECOND, START, taken } from './fixtures.js';

const PLAN = planFor();

/** Errors of the treatment were half of all, and are three quarters now. */
const ALARM: Alarm = {
  ...{ kind: 'events_share', metric_id: 'errors', variant: 'treatment', since: START },
  ...{ value: 0.75, expected: 0.5, window: 300_000 },
};
const UNUSUAL: Look['anomalies'] = { alarms: [ALARM], watched: 9, unwatched: 2 };
const USUAL: Look['anomalies'] = { alarms: [], watched: 9, unwatched: 2 };

const toldOf = ({ records }: Step) => records.filter(({ kind }) => kind === 'held' || kind === 'lifted');

describe('an anomaly', () => {
  const before = running(PLAN);
  const unusual = looked(30 * SECOND, { more: { anomalies: UNUSUAL } })(before);
  const held = step(PLAN, before, unusual, START + 30 * SECOND);

  it('holds, says what it is and what lifts it, and lifts when a look finds nothing unusual', () => {
    expect(held.state.holds).toMatchObject([
      {
        code: 'anomaly',
        detail: "events of errors of treatment are 75.0 % (usually 50.0 %) of its own and the control's",
        lifts_when: expect.stringContaining('as usual') as string,
      },
    ]);
    expect(toldOf(held)).toMatchObject([{ kind: 'held', data: { code: 'anomaly' } }]);
    const usual = looked(31 * SECOND, { more: { anomalies: USUAL } })(held.state);
    const after = step(PLAN, held.state, usual, START + 31 * SECOND);
    expect(after.state.holds).toEqual([]);
    expect(toldOf(after)).toMatchObject([{ kind: 'lifted', data: { code: 'anomaly' } }]);
  });

  it.each(ANOMALY_KINDS)('of the kind %s never rolls back and never ends an experiment by itself', (kind) => {
    const alarms = [{ ...ALARM, kind }];
    const { holds, decision } = taken(running, 59 * SECOND, {
      more: { anomalies: { alarms, watched: 1, unwatched: 0 } },
    });
    expect(holds).toEqual(['anomaly']);
    expect(decision).toBe('continue');
  });

  it('is not said where nothing was watched: looks without counts by minute decide as before', () => {
    expect(taken(running, 30 * SECOND, {}).holds).toEqual([]);
    expect(taken(running, 30 * SECOND, { more: { anomalies: USUAL } })).toEqual(
      taken(running, 30 * SECOND, {}),
    );
  });

  it('keeps a winner from shipping', () => {
    const winner = { ctr: [good] };
    expect(taken(running, 30 * SECOND, winner).decision).toBe('winner');
    const over = taken(running, 30 * SECOND, { ...winner, more: { anomalies: UNUSUAL } });
    expect(over).toMatchObject({ decision: 'continue', codes: ['anomaly'] });
  });
});

describe('holds', () => {
  it('no traffic past its grace, and only where there never was any', () => {
    const silent = { more: { last_event_at: null, units: { control: 0, treatment: 0 } } };
    expect(taken(ramping, 14 * SECOND, silent).holds).toEqual([]);
    expect(taken(ramping, 16 * SECOND, silent).holds).toEqual(['no_traffic']);
  });

  it('stale data: old events, a backlog, or a guardrail that fell silent', () => {
    expect(taken(running, 30 * SECOND, { more: { backlog_ms: 15_001 } }).holds).toEqual(['stale_data']);
    expect(taken(running, 30 * SECOND, { more: { stale_guardrails: ['latency'] } }).holds).toEqual([
      'stale_data',
    ]);
  });
});
