import { describe, expect, it } from 'vitest';
import type { HarmExclusion } from '../../../src/stats/evidence.js';
import { ramping, SECOND, taken } from '../fixtures.js';

const nothing: HarmExclusion = { harm: 0.1, log_e: null, error_free_limit: null };

describe('a ramp step', () => {
  it('ramp_step: advances when the dwell is done and nothing holds', () => {
    expect(taken(ramping, 4 * SECOND)).toMatchObject({ row: 'ramp_step', decision: 'advance' });
    expect(taken(ramping, 2 * SECOND)).toMatchObject({ row: 'too_early', decision: 'continue' });
    expect(taken(ramping, 4 * SECOND, { errors: { p_value: 0.009 } })).toMatchObject({
      row: 'too_early',
      holds: ['guardrail_suspect'],
    });
    expect(taken(ramping, 4 * SECOND, { more: { flag_enabled: false } })).toMatchObject({
      row: 'too_early',
      holds: ['flag_off'],
    });
  });

  it('ramp_step: waits for the units that a step asks for', () => {
    const ramp = [{ coverage: 10, min_units: 2000 }, { coverage: 100 }];
    expect(taken(ramping, 4 * SECOND, {}, { policy: { ramp } }).row).toBe('too_early');
    expect(
      taken(
        ramping,
        4 * SECOND,
        { more: { units: { control: 2000, treatment: 2000 } } },
        { policy: { ramp } },
      ).row,
    ).toBe('ramp_step');
  });

  it('ramp_step: waits until a step’s harm is excluded', () => {
    const ramp = [{ coverage: 10, exclude_harm: 0.1 }, { coverage: 100 }];
    const seen = (exclusion?: Partial<HarmExclusion>) =>
      taken(
        ramping,
        4 * SECOND,
        { errors: exclusion ? { exclusions: [{ ...nothing, ...exclusion }] } : {} },
        { policy: { ramp } },
      );
    expect(seen().row).toBe('too_early');
    expect(seen({ log_e: Math.log(20) - 0.001 })).toMatchObject({
      row: 'too_early',
      codes: ['ramping', 'harm_not_excluded'],
    });
    expect(seen({ log_e: Math.log(20) }).row).toBe('ramp_step');
    expect(seen({ log_e: 100, harm: 0.2 }).row).toBe('too_early');
    expect(seen({ error_free_limit: 0.001 }).row).toBe('too_early');
    expect(seen({ error_free_limit: 0.0009 }).row).toBe('ramp_step');
  });
});
