import { SLOTS } from '../assignment/hash.js';
import type { PolicyDocument } from '../model/policy.js';

export interface UncomparedRollout {
  code: 'uncompared_rollout';
  text: string;
}

const TEXT =
  'holdback is 0: while a winner is rolled out and watched nobody keeps the control, so no guardrail and no primary can ' +
  'roll it back, and its lift is not measured again; only people act then. A holdback of a few per cent changes that';

/** What whoever saves a policy without a holdback, or starts an experiment under it, has to know. */
export function uncomparedRollout({ holdback }: Pick<PolicyDocument, 'holdback'>): UncomparedRollout[] {
  const slots = Math.round((holdback * SLOTS) / 100);
  return slots === 0 ? [{ code: 'uncompared_rollout', text: TEXT }] : [];
}
