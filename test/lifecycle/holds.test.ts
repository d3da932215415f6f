import { describe, expect, it } from 'vitest';
import { ramping, running, SECOND, taken } from './fixtures.js';

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
