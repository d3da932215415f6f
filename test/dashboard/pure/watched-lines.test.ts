import { describe, expect, it } from 'vitest';
import { findingOf, inOrder, lineOf } from '../../../dashboard/src/pages/experiment/health/watched-lines.js';
import type { Watched } from '../../../dashboard/src/words/anomalies.js';

function series(state: Watched['state'], more: Partial<Watched> = {}): Watched {
  const known = state !== 'too_little_data';
  return {
    ...{ kind: 'late', state, since: null, window_minutes: 5, baseline: 'recent' },
    points: [
      { at: '2026-01-01T00:00:00.000Z', value: 0.31, expected: known ? 0.01 : null, deviation: null, state },
    ],
    ...more,
  };
}

describe('what is watched, in words', () => {
  it('says what is unusual before all, and always what cannot be seen', () => {
    expect(findingOf([series('usual')])).toBe('What is watched is as usual');
    expect(findingOf([series('alarm'), series('unusual'), series('too_little_data')])).toBe(
      'One thing is not as usual, and too little data to watch 1 of 3',
    );
    expect(findingOf([series('usual'), series('unusual')])).toBe('One thing is unusual just now');
    expect(findingOf([series('too_little_data')])).toBe('Too little data to watch anything minute by minute');
  });

  it('puts alarms first', () => {
    const all = [series('too_little_data'), series('usual'), series('alarm')];
    expect(inOrder(all).map(({ state }) => state)).toEqual(['alarm', 'usual', 'too_little_data']);
  });

  it('says what was seen and what is usual, in the unit of the series', () => {
    expect(lineOf(series('alarm'))).toBe('31.0\u202f% in 5 min, usually 1.0\u202f% (by the last hours).');
    expect(lineOf(series('too_little_data'))).toContain('Too little data to watch');
  });
});
