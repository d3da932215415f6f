import { SLOTS } from '../assignment/hash.js';
import type { SlotRange } from '../model/serving.js';
import type { Arm, Plan } from './plan.js';

/** What one ramp step enrolled: the part of every arm's region between two coverages (per cent). */
export interface Band {
  revision: number;
  from: number;
  to: number;
}

/** Share of the eligible units that bands enrol, per cent. */
export function enrolled(bands: readonly Band[]): number {
  return hundredths(bands.reduce((sum, { from, to }) => sum + to - from, 0));
}

/** The first bands that together enrol at most `coverage`. */
export function bandsWithin(bands: readonly Band[], coverage: number): Band[] {
  return bands.filter((_, index) => enrolled(bands.slice(0, index + 1)) <= coverage);
}

/** Percentages have two decimals, and so do their sums. */
function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

function slotAt(arm: Arm, coverage: number): number {
  return arm.from + Math.round(((arm.to - arm.from) * coverage) / 100);
}

function ranges(parts: SlotRange[]): SlotRange[] {
  return parts.filter((range) => range.to > range.from).sort((a, b) => a.from - b.from);
}

/**
 * The slots of a ramp. Each arm owns a contiguous region and every band takes a further part of it, so a slot
 * that is enrolled keeps its arm during the whole ramp. Dropped arms are no longer enrolled.
 */
export function rampRanges(plan: Plan, bands: readonly Band[], dropped: readonly string[]): SlotRange[] {
  const arms = plan.arms.filter((arm) => !dropped.includes(arm.variant));
  return ranges(
    arms.flatMap((arm) =>
      bands.map(({ revision, from, to }) => ({
        from: slotAt(arm, from),
        to: slotAt(arm, to),
        variant: arm.variant,
        band: revision,
      })),
    ),
  );
}

/** Share of all slots that these ranges give to a variant, per cent. */
export function shareOf(allocation: readonly SlotRange[], variant: string): number {
  return (slotsOf(allocation)[variant] ?? 0) / (SLOTS / 100);
}

/** Number of slots per variant. */
export function slotsOf(allocation: readonly SlotRange[]): Record<string, number> {
  const slots: Record<string, number> = {};
  for (const range of allocation) slots[range.variant] = (slots[range.variant] ?? 0) + range.to - range.from;
  return slots;
}

/** Slots that no range covers, as intervals. */
export function gaps(covered: readonly { from: number; to: number }[]): { from: number; to: number }[] {
  const free: { from: number; to: number }[] = [];
  let at = 0;
  for (const range of [...covered].sort((a, b) => a.from - b.from)) {
    if (range.from > at) free.push({ from: at, to: range.from });
    at = Math.max(at, range.to);
  }
  if (at < SLOTS) free.push({ from: at, to: SLOTS });
  return free;
}

/** The slots that keep the control while the winner is rolled out and watched. */
export function heldBackSlots(plan: Plan): number {
  const control = plan.arms.find((arm) => arm.variant === plan.control)!;
  return Math.min(Math.round((plan.policy.holdback * SLOTS) / 100), control.to - control.from);
}

/**
 * The slots of a roll-out. The winner gets `coverage` per cent of all slots, growing from the ones it has. The policy's
 * `holdback`, as many per cent of all slots, stays on the control's own slots to compare the winner with. All other
 * slots serve the control but are not enrolled, because they would change arm at the next step.
 */
export function rolloutRanges(plan: Plan, winner: string, coverage: number, revision: number): SlotRange[] {
  const home = plan.arms.find((arm) => arm.variant === winner)!;
  const control = plan.arms.find((arm) => arm.variant === plan.control)!;
  const heldBack = heldBackSlots(plan);
  const kept: SlotRange = {
    from: control.from,
    to: control.from + heldBack,
    variant: plan.control,
    band: revision,
  };
  const taken: SlotRange[] = [];
  let wanted = Math.min(Math.round((coverage * SLOTS) / 100), SLOTS - heldBack);
  for (const { from, to } of [home, ...gaps([home, kept])]) {
    const size = Math.min(wanted, to - from);
    taken.push({ from, to: from + size, variant: winner, band: revision });
    wanted -= size;
  }
  return ranges([kept, ...taken]);
}
