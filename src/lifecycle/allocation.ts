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

/** Percentages have two decimals: sums of them are kept to that. */
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
 * once enrolled keeps its arm over the whole ramp. Dropped arms are not enrolled any more.
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

/** Share of the slots that these ranges give to a variant, in per cent of all. */
export function shareOf(allocation: readonly SlotRange[], variant: string): number {
  return (slotsOf(allocation)[variant] ?? 0) / (SLOTS / 100);
}

/** Number of slots per variant. */
export function slotsOf(allocation: readonly SlotRange[]): Record<string, number> {
  const slots: Record<string, number> = {};
  for (const range of allocation) slots[range.variant] = (slots[range.variant] ?? 0) + range.to - range.from;
  return slots;
}

/** Slots of the interval that no range covers, as intervals. */
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

/**
 * The slots of a roll-out: the winner on `coverage` per cent of all, growing from the slots it has, and
 * `holdback` per cent of the control's own slots kept on the control to be watched against. All others get the
 * control and are not enrolled: they would change arm at the next step.
 */
export function rolloutRanges(plan: Plan, winner: string, coverage: number, revision: number): SlotRange[] {
  const home = plan.arms.find((arm) => arm.variant === winner)!;
  const control = plan.arms.find((arm) => arm.variant === plan.control)!;
  const heldBack = Math.min(Math.round((plan.policy.holdback * SLOTS) / 100), control.to - control.from);
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
