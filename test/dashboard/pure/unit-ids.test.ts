import { describe, expect, it } from 'vitest';
import {
  lackOfUnits,
  unitErrorText,
  unitIdsIn,
} from '../../../dashboard/src/pages/experiment/people/unit-ids.js';

describe('the ids of units that somebody writes', () => {
  it('stand one a line, each once, with what they have within them', () => {
    expect(unitIdsIn(' u1 \r\n\nu2\nMeier, Ada\nu1\n')).toEqual(['u1', 'u2', 'Meier, Ada']);
  });

  it('must be some, and not too many', () => {
    expect(lackOfUnits([])).not.toBeNull();
    expect(lackOfUnits(['u'])).toBeNull();
    expect(lackOfUnits(Array.from({ length: 1_001 }, (_, n) => `u${n}`))).not.toBeNull();
  });

  it('are named where one is wrong', () => {
    const message = 'must be 1 to 256 bytes';
    expect(unitErrorText(['u1', 'ü'], [{ path: 'unit_ids.1', message }])).toBe(`“ü” ${message}.`);
    expect(unitErrorText(['u1'], [{ path: 'unit_ids', message }])).toBe(`The list ${message}.`);
    expect(unitErrorText(['u1'], [{ path: 'reason', message }])).toBeUndefined();
  });
});
