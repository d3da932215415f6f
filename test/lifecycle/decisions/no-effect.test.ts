import { describe, expect, it } from 'vitest';
import { running, SECOND, taken, takenAtTheEnd, UNDECIDED_FINAL } from '../fixtures.js';

describe('no effect', () => {
  it('futility: no effect once no primary can reach the least effect', () => {
    const limits_at_full_alpha = [
      { metric_id: 'ctr', variant: 'treatment', relative_lower: -0.02, relative_upper: 0.0099 },
    ];
    expect(taken(running, 30 * SECOND, { more: { limits_at_full_alpha } })).toMatchObject({
      row: 'futility',
      decision: 'no_effect',
    });
  });

  it('equivalence: no effect where the intervals lie inside the least effect', () => {
    const inside = { ...UNDECIDED_FINAL, relative_lower: -0.009, relative_upper: 0.009 };
    expect(takenAtTheEnd({ final: inside })).toMatchObject({ row: 'equivalence', decision: 'no_effect' });
    for (const limit of ['relative_lower', 'relative_upper'])
      expect(takenAtTheEnd({ final: { ...inside, [limit]: null } }).row).toBe('inconclusive');
  });
});
