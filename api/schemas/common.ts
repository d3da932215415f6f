import { z } from 'zod';

/** A moment as the API writes it: ISO 8601 in UTC. */
export const moment = z.iso.datetime();

/** What people call an actor, where the actor is a key that still exists. */
export const actorName = z
  .string()
  .describe('What the key of this id is called; absent of one that is gone.');

/** A whole number of things, 0 or more. */
export const count = z.number().int().min(0);

/** One page of a list. `next_cursor` is null on the last one. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** Numbers by name. */
export const numbers = z.record(z.string(), z.number());

const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Of an event: those that metrics name. */
export const properties = z.record(z.string(), z.union([scalar, z.array(scalar)]));
