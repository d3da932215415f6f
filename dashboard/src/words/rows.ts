/** The rows of the decision table, as people are told of them. docs/architecture.md has them whole. */
export const ROWS: Record<number, { name: string; text: string }> = {
  1: { name: 'stop', text: 'a person stops it' },
  2: { name: 'guardrail harm', text: 'a guardrail proves harm' },
  3: { name: 'primary harm', text: 'a primary is worse for certain' },
  4: { name: 'untrusted data', text: 'the split cannot be trusted' },
  5: { name: 'maximum duration', text: 'the longest duration is over' },
  6: { name: 'ramp step', text: 'the step is done' },
  7: { name: 'too early', text: 'it is too early to decide' },
  8: { name: 'too few units', text: 'an arm has too few units' },
  9: { name: 'held', text: 'a hold stands, or it is paused' },
  10: { name: 'early winner', text: 'an arm is better at every look' },
  11: { name: 'futility', text: 'no lift that matters can be reached' },
  12: { name: 'before the horizon', text: 'the evidence does not suffice yet' },
  13: { name: 'final test', text: 'the test at the planned end decides' },
  14: { name: 'equivalence', text: 'the effect is too small to matter' },
  15: { name: 'inconclusive', text: 'at the end nothing is decided' },
};
