import { describe, expect, it } from 'vitest';
import { flagSchema } from '../../src/model/flag.js';
import { parse } from '../../src/validation.js';

/** The fields that are refused, each with its code. */
function refusals(flag: object): string[] {
  try {
    parse(flagSchema, { flag_id: 'f', ...flag });
    return [];
  } catch (error) {
    const { errors } = (error as { members: { errors: { path: string; code: string }[] } }).members;
    return errors.map(({ path, code }) => `${path} ${code}`);
  }
}

describe('enabled', () => {
  it.each([
    ['nothing', {}],
    ['a share', { rollout_percentage: 15 }],
    ['segments', { target_segments: ['beta'] }],
    ['environments', { environments: ['staging'] }],
    ['rules', { rules: [{ conditions: {}, value: true }] }],
    ['a schedule', { schedule: { from: '2030-01-01T00:00:00Z' } }],
    ['prerequisites', { prerequisites: [{ flag_id: 'g' }] }],
    ['metadata', { metadata: { team: 'search' } }],
  ])('is said by a boolean flag that has %s', (_, fields) => {
    expect(refusals(fields)).toEqual(['enabled required']);
    expect(refusals({ ...fields, enabled: true })).toEqual([]);
    expect(refusals({ ...fields, enabled: false })).toEqual([]);
  });

  it('is true for the other kinds where they leave it out', () => {
    const kinds = [{ variants: { a: { weight: 100 } } }, { value_type: 'number', default: 20 }];
    for (const kind of kinds) {
      expect(flagSchema.parse({ flag_id: 'f', ...kind }).enabled).toBe(true);
      expect(flagSchema.parse({ flag_id: 'f', ...kind, enabled: false }).enabled).toBe(false);
    }
  });
});
