import { describe, expect, it } from 'vitest';
import { running, SECOND, taken, takenAtTheEnd } from '../fixtures.js';

describe('no effect', () => {
  it('futility: no effect once no primary can reach the least effect', () => {
    const wide = [{ metric_id: 'ctr', variant: 'treatment', relative_lower: -0.02, relative_upper: 0.0099 }];
    expect(taken(running, 30 * SECOND, { more: { wide } })).toMatchObject({
      row: 'futility',
      decision: 'no_effect',
    });
  });

  it('equivalence: no effect where the intervals lie inside the least effect', () => {
    const relative = { lift: 0, lower: -0.009, upper: 0.009, level: 0.96, bounded: true };
    expect(takenAtTheEnd({ relative })).toMatchObject({ row: 'equivalence', decision: 'no_effect' });
  });
});
