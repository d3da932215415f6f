import { expect, it } from 'vitest';
import { uncomparedRollout } from '../../src/operations/uncompared-rollout.js';

it('warns of a holdback that leaves no slot on the control', () => {
  const codes = (holdback: number): string[] => uncomparedRollout({ holdback }).map(({ code }) => code);
  expect(codes(0)).toEqual(['uncompared_rollout']);
  // Less than half a slot of 10,000 is none.
  expect(codes(0.004)).toEqual(['uncompared_rollout']);
  expect(codes(0.01)).toEqual([]);
  expect(codes(5)).toEqual([]);
});
