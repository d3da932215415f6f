import type { SlotInterval } from '../model/serving.js';
import { gaps } from './allocation.js';

/** Which experiment has which slots of a layer, and which ones wait for slots, first come, first served. */
export interface LeaseBook {
  leases: { experiment_id: string; slots: SlotInterval[] }[];
  queue: string[];
}

/**
 * The book after an experiment has asked for a number of slots: it has a lease or a place in the queue. Only the
 * first in the queue is served, so that a large request is not overtaken forever. Asking again changes nothing.
 */
export function takeLease(book: LeaseBook, experiment_id: string, wanted: number): LeaseBook {
  if (leaseOf(book, experiment_id)) return book;
  const queue = book.queue.includes(experiment_id) ? book.queue : [...book.queue, experiment_id];
  const slots: SlotInterval[] = [];
  let missing = wanted;
  for (const { from, to } of gaps(book.leases.flatMap((lease) => lease.slots))) {
    const size = Math.min(missing, to - from);
    if (size > 0) slots.push({ from, to: from + size });
    missing -= size;
  }
  if (queue[0] !== experiment_id || missing > 0) return { ...book, queue };
  return { leases: [...book.leases, { experiment_id, slots }], queue: queue.slice(1) };
}

/** The book without an experiment: its slots, or its place in the queue, are free. */
export function giveBack({ leases, queue }: LeaseBook, experiment_id: string): LeaseBook {
  return {
    leases: leases.filter((lease) => lease.experiment_id !== experiment_id),
    queue: queue.filter((id) => id !== experiment_id),
  };
}

export function leaseOf({ leases }: LeaseBook, experiment_id: string): SlotInterval[] | null {
  return leases.find((lease) => lease.experiment_id === experiment_id)?.slots ?? null;
}
