import { expect, it } from 'vitest';
import { liftReport } from '../../src/lifecycle/lift-report.js';
import { good, looked, planFor, running } from './fixtures.js';

it('the lift of a report, its text and its interval agree, also where the plan expected far less', () => {
  const interval = {
    kind: 'sequence',
    lower: 0.1,
    upper: 0.2,
    relative_lower: 0.4,
    relative_upper: 1.7,
  } as const;
  const far = { ...good, control_value: 0.1, estimate: 0.0006, valid_now: interval };
  const input = looked(0, { ctr: [far] })(running(planFor()));
  if (input.kind !== 'looked') throw new Error('no look');
  const [lift] = liftReport(planFor(), input.look, 'treatment').primaries;
  expect(lift).toMatchObject({ estimate: 0.4, interval, text: 'about +40 %, surely +40 % to +170 %' });
});
