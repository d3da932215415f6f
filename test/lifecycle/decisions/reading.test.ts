import { describe, expect, it } from 'vitest';
import { comparisonOf, expectedLift, liftText } from '../../../src/lifecycle/decisions/reading.js';
import { good, looked, planFor, running } from '../fixtures.js';

const input = looked(0, { ctr: [good] })(running(planFor()));
const comparison = input.kind === 'looked' && comparisonOf(input.look, 'ctr', 'treatment');
if (!comparison) throw new Error('no comparison');
const told = (estimate: number, relative_lower: number | null, relative_upper: number | null): string =>
  liftText(
    { ...comparison, control_value: -2, estimate, relative: { ...comparison.relative, lift: 0.5 } },
    { relative_lower, relative_upper },
  );

describe('a lift in words', () => {
  it('is what is to be expected, relative to the size of the control, and what is sure', () => {
    expect(told(0.08, 0.01, 0.09)).toBe('about +4 %, surely +1 % to +9 %');
    expect(told(0.08, null, 0.09)).toBe('about +4 %');
  });

  it('is never one that the data exclude: the nearest that they allow is told', () => {
    expect(told(0.008, 0.07, 0.9)).toBe('about +7 %, surely +7 % to +90 %');
    expect(told(-0.008, -0.9, -0.07)).toBe('about -7 %, surely -90 % to -7 %');
  });

  it('has the number that reports and insights have', () => {
    const one = { ...comparison, control_value: -2, estimate: 0.008 };
    expect(expectedLift(one, { relative_lower: 0.07, relative_upper: 0.9 })).toBe(0.07);
    expect(expectedLift(one)).toBe(0.004);
    expect(
      expectedLift({ ...one, estimate: null }, { relative_lower: 0.07, relative_upper: 0.9 }),
    ).toBeNull();
    expect(expectedLift({ ...one, control_value: 0 })).toBeNull();
  });
});
