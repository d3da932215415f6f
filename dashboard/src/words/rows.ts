import type { Schemas } from '../api/client.js';

export type RowId = Schemas['Decision']['row'];

/** The rows of the decision table, as people are told of them. docs/architecture.md has them whole. */
export const ROWS: Record<RowId, { name: string; text: string; then: string }> = {
  1: { name: 'stop', text: 'a person stops it', then: 'roll back' },
  2: { name: 'guardrail harm', text: 'a guardrail proves harm', then: 'roll back, or drop the arm' },
  3: { name: 'primary harm', text: 'a primary is worse for certain', then: 'roll back, or drop the arm' },
  4: { name: 'untrusted data', text: 'the split cannot be trusted', then: 'inconclusive' },
  5: { name: 'maximum duration', text: 'the longest duration is over', then: 'inconclusive' },
  6: { name: 'ramp step', text: 'the step is done', then: 'advance, or ask' },
  7: { name: 'too early', text: 'it is too early to decide', then: 'continue' },
  8: { name: 'too few units', text: 'an arm has too few units', then: 'continue, or inconclusive' },
  9: { name: 'held', text: 'a hold stands, or it is paused', then: 'wait' },
  10: { name: 'early winner', text: 'an arm is better at every look', then: 'winner' },
  11: { name: 'futility', text: 'no lift that matters can be reached', then: 'no effect' },
  12: { name: 'before the horizon', text: 'the evidence does not suffice yet', then: 'continue' },
  13: { name: 'final test', text: 'the test at the planned end decides', then: 'winner, or roll back' },
  14: { name: 'equivalence', text: 'the effect is too small to matter', then: 'no effect' },
  15: { name: 'inconclusive', text: 'at the end nothing is decided', then: 'inconclusive' },
};
