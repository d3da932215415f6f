import type { Hold, HoldCode, State } from './state.js';

/**
 * Holds that say that something is wrong: with what comes in, the split, a guardrail, the flag or the engine itself. Over
 * these nothing is enrolled and nothing ships, whoever asks. Somebody who knows better stops the experiment and changes the
 * flag, which then is no verdict of this one.
 */
const DOUBTS: readonly HoldCode[] = [
  'anomaly',
  'srm',
  'crossover',
  'guardrail_suspect',
  'recovered',
  'fault',
  'flag_off',
];

/**
 * Holds that say that something has not been seen. The engine never ships over them, not even when the time for approval
 * is over. A person may, by `approve` or `conclude`: that is recorded as theirs. More units may be enrolled meanwhile,
 * since that is how data come.
 */
export const ABSENCES: readonly HoldCode[] = ['guardrail_blind', 'stale_data', 'no_traffic'];

type Held = Pick<State, 'holds'>;

/** What nobody may override. */
export function doubtsOf({ holds }: Held): Hold[] {
  return holds.filter(({ code }) => DOUBTS.includes(code));
}

/** What a person may take upon themselves. */
export function absencesOf({ holds }: Held): Hold[] {
  return holds.filter(({ code }) => ABSENCES.includes(code));
}

/** What keeps the engine from shipping, unless a person has accepted it. */
export function shipHoldsOf(held: Held, accepted: readonly HoldCode[] = []): Hold[] {
  return [...doubtsOf(held), ...absencesOf(held).filter(({ code }) => !accepted.includes(code))];
}
