import { heldBackSlots } from './allocation.js';
import { treatmentsOf, type Plan } from './plan.js';
import type { Phase, State } from './state.js';

/** The variant that ships, or waits for approval; null where none is chosen. */
export function chosenIn(phase: Phase): string | null {
  return phase.state === 'awaiting_approval' ? phase.winner : shippingIn(phase);
}

function shippingIn(phase: Phase): string | null {
  return phase.state === 'rolling_out' || phase.state === 'watching' ? phase.winner : null;
}

/** The treatments that are served and compared: those not dropped, in the plan's order; once it ships, the winner alone. */
export function comparedTreatments(
  plan: Plan,
  { phase, dropped }: Pick<State, 'phase' | 'dropped'>,
): string[] {
  const shipping = shippingIn(phase);
  if (shipping !== null) return [shipping];
  return treatmentsOf(plan).filter((variant) => !dropped.includes(variant));
}

/**
 * Whether units of the same time have the control. Without a holdback there are none once a winner ships. It must not be
 * compared with the control's weeks before: a winner's first hours look worse than those, and doubled errors do not show.
 */
export function hasControl(plan: Plan, { phase }: Pick<State, 'phase'>): boolean {
  return shippingIn(phase) === null || heldBackSlots(plan) > 0;
}
