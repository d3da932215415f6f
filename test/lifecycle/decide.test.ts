import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { decide, DECISION_TABLE } from '../../src/lifecycle/decide.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import type { State } from '../../src/lifecycle/state.js';
import {
  good,
  HORIZON,
  lookAt,
  planFor,
  ramping,
  running,
  SECOND,
  START,
  undecided,
  type LookOptions,
} from './fixtures.js';

/** `quantity value/threshold` of everything that a decision names. */
function usedEvidence(make: (plan: Plan) => State, at: number, look: LookOptions): string[] {
  const plan = planFor();
  const state = make(plan);
  const { decision } = decide(plan, state, lookAt(state, START + at, look), START + at);
  return (decision?.reasons ?? []).flatMap(({ evidence = [] }) =>
    evidence.map(
      ({ quantity, metric_id = '-', variant = '-', value, threshold }) =>
        `${quantity} of ${metric_id} in ${variant}: ${value} against ${Number(threshold.toPrecision(3))}`,
    ),
  );
}

describe('the decision table', () => {
  it('is the one in docs/architecture.md, row by row', async () => {
    const document = await readFile(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
    const documented = [...document.matchAll(/^\| (\d+) +\| `(\w+)` +\|/gm)].map(([, id, name]) => [
      name,
      Number(id),
    ]);
    expect(documented).toEqual(Object.entries(DECISION_TABLE).map(([name, { id }]) => [name, id]));
  });

  it('takes no decision but harm from an older allocation or another epoch', () => {
    const plan = planFor();
    const state = ramping(plan);
    const old = { ...lookAt(state, START + 4 * SECOND), revision: state.revision - 1 };
    expect(decide(plan, state, old, START + 4 * SECOND).decision).toBeNull();
    const harm = {
      ...lookAt(state, START + 4 * SECOND, { errors: { log_e_harm: 100 } }),
      revision: state.revision - 1,
    };
    expect(decide(plan, state, harm, START + 4 * SECOND).decision?.row).toBe(2);
    expect(decide(plan, state, { ...harm, epoch: 9 }, START + 4 * SECOND).decision).toBeNull();
  });

  it('names the evidence that a row used, and what it was held against', () => {
    expect(usedEvidence(ramping, 2 * SECOND, { errors: { log_e_harm: 9 } })).toEqual([
      'guardrail.log_e_harm of errors in treatment: 9 against 3.22',
    ]);
    const bad = { ctr: [{ sequence: { ...undecided().sequence, lower: -0.09, upper: -0.001 } }] };
    expect(usedEvidence(ramping, 2 * SECOND, bad)).toEqual([
      'sequence.upper of ctr in treatment: -0.001 against 0',
    ]);
    expect(usedEvidence(running, HORIZON, { bayesFactor: 8 })).toEqual([
      'srm.log_bayes_factor of - in -: 8 against 6.91',
    ]);
    expect(
      usedEvidence(running, 30 * SECOND, { more: { units: { control: 1000, treatment: 199 } } }),
    ).toEqual(['units of - in treatment: 199 against 200']);
    expect(usedEvidence(running, 30 * SECOND, { ctr: [good] })).toEqual([
      'sequence.p_value of ctr in treatment: 0.0001 against 0.01',
      'relative harm not excluded of errors in treatment: 0.4 against 0.05',
    ]);
  });
});
