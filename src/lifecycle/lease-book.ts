import type { SlotInterval } from '../model/serving.js';
import { gaps } from './allocation.js';

/** An experiment that has slots of a layer, or waits for some. */
export interface Holder {
  experiment_id: string;
  /** Undefined: it runs in every environment. */
  environment?: string | undefined;
}

/** Which experiment has which slots of a layer, and which ones wait for slots, first come, first served. */
export interface LeaseBook {
  leases: (Holder & { slots: SlotInterval[] })[];
  queue: Holder[];
}

/**
 * Whether two experiments are anywhere served side by side. A layer keeps units out of two experiments at once, which nobody
 * meets in two environments: what is tried out in staging keeps nothing in production waiting.
 */
function meet({ environment: one }: Holder, { environment: other }: Holder): boolean {
  return one === undefined || other === undefined || one === other;
}

/**
 * The book after an experiment has asked for a number of slots: it has a lease or a place in the queue. Only the
 * first in the queue of those that it meets is served, so that a large request is not overtaken forever. Asking again changes
 * nothing.
 */
export function takeLease(book: LeaseBook, holder: Holder, wanted: number): LeaseBook {
  const { experiment_id } = holder;
  if (leaseOf(book, experiment_id)) return book;
  const isWaiting = book.queue.some((one) => one.experiment_id === experiment_id);
  const queue = isWaiting ? book.queue : [...book.queue, holder];
  const met = book.leases.filter((lease) => meet(lease, holder));
  const slots: SlotInterval[] = [];
  let missing = wanted;
  for (const { from, to } of gaps(met.flatMap((lease) => lease.slots))) {
    const size = Math.min(missing, to - from);
    if (size > 0) slots.push({ from, to: from + size });
    missing -= size;
  }
  const first = queue.find((one) => meet(one, holder));
  if (first?.experiment_id !== experiment_id || missing > 0) return { ...book, queue };
  const others = queue.filter((one) => one !== first);
  return { leases: [...book.leases, { ...holder, slots }], queue: others };
}

/** The book without an experiment: its slots, or its place in the queue, are free. */
export function giveBack({ leases, queue }: LeaseBook, experiment_id: string): LeaseBook {
  return {
    leases: leases.filter((lease) => lease.experiment_id !== experiment_id),
    queue: queue.filter((one) => one.experiment_id !== experiment_id),
  };
}

export function leaseOf({ leases }: LeaseBook, experiment_id: string): SlotInterval[] | null {
  return leases.find((lease) => lease.experiment_id === experiment_id)?.slots ?? null;
}
