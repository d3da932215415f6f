import type { Hold, HoldCode, State } from './state.js';

/** Holds under which even a person may not enrol more units: the split, a guardrail or the engine itself is in doubt. */
const TO_ENROL: readonly HoldCode[] = [
  'srm',
  'crossover',
  'guardrail_suspect',
  'recovered',
  'fault',
  'flag_off',
];

/**
 * Holds over which nothing ships, whoever asks: the engine after a timeout, or a person who approves or concludes. A
 * person may override a hold that waits for a person (`approval`, `rejected`), never one that says that something is not
 * known. Somebody who knows better stops the experiment and changes the flag, which then is no verdict of this one.
 * More units may still be enrolled without data, since that is how data come.
 */
const TO_SHIP: readonly HoldCode[] = [...TO_ENROL, 'guardrail_blind', 'stale_data', 'no_traffic'];

export function doubtsToEnrol({ holds }: Pick<State, 'holds'>): Hold[] {
  return holds.filter(({ code }) => TO_ENROL.includes(code));
}

export function doubtsToShip({ holds }: Pick<State, 'holds'>): Hold[] {
  return holds.filter(({ code }) => TO_SHIP.includes(code));
}
