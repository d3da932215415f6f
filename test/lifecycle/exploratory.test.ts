import { describe, expect, it } from 'vitest';
import { exploratoryOf } from '../../src/lifecycle/exploratory.js';
import { lookAt, planFor, running, START, undecided, UNDECIDED_FINAL } from './fixtures.js';

/** A look at secondaries with these running p-values; all of them are clear by a fixed test. */
function lookWith(running_p: Record<string, number>) {
  const look = lookAt(running(planFor()), START);
  look.evidence.metrics = Object.keys(running_p).map((metric_id) => ({
    metric_id,
    role: 'secondary',
    kind: 'proportion',
    comparisons: [{ ...undecided(), p_value: 1e-9, final: { ...UNDECIDED_FINAL, z: 6, p_value: 1e-9 } }],
  }));
  look.running_p = Object.fromEntries(Object.entries(running_p).map(([id, p]) => [id, { treatment: p }]));
  return look;
}

describe('secondaries', () => {
  const discoveries = (p: number[], at_horizon = false): boolean[] =>
    exploratoryOf(lookWith(Object.fromEntries(p.map((value, index) => [`s${index}`, value]))), {
      at_horizon,
    }).map((test) => test.discovery);

  it('are discoveries by Benjamini and Hochberg, of the running p-values', () => {
    // Sorted, against .05/3, .10/3 and .05: the largest that is small enough carries the smaller ones with it.
    expect(discoveries([0.035, 0.03, 0.94])).toEqual([false, false, false]);
    expect(discoveries([0.035, 0.029, 0.03])).toEqual([true, true, true]);
  });

  it('are judged by the fixed test at the horizon only', () => {
    expect(discoveries([1, 1])).toEqual([false, false]);
    expect(discoveries([1, 1], true)).toEqual([true, true]);
  });

  it('are left out where they have no p-value', () => {
    expect(exploratoryOf({ ...lookWith({ s0: 0.001 }), running_p: {} })).toEqual([]);
  });
});
