import { z } from 'zod';
import { validationFailed, type RampartError } from '../src/errors.js';

/** A parameter of a query is text; this one is a number. `out_of_range` where it is none, or beyond the limits. */
export function numberText({
  least,
  most,
  whole = false,
  message,
}: {
  least: number;
  most: number;
  whole?: boolean;
  message: string;
}): z.ZodType<number, unknown> {
  return z
    .string()
    .transform((text, context) => {
      const value = text.trim() === '' ? NaN : Number(text);
      if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
      context.addIssue({ code: 'custom', message, params: { code: 'out_of_range' } });
      return z.NEVER;
    })
    .meta({
      type: whole ? 'integer' : 'number',
      minimum: least,
      ...(Number.isSafeInteger(most) && most < Number.MAX_SAFE_INTEGER && { maximum: most }),
    });
}

const limit = numberText({
  least: 1,
  most: 1000,
  whole: true,
  message: 'must be a whole number from 1 to 1000',
})
  .optional()
  .transform((given) => given ?? 100)
  .meta({ description: 'The most items that one page has; 100 where it is left out.' });

/** Of a call that takes no parameters. */
export const NO_QUERY = z.strictObject({});

const NOT_A_CURSOR = 'must be the next_cursor of a page of this list';

/** A cursor that no page of a list has given. */
export function notACursor(): RampartError {
  return validationFailed([{ path: 'cursor', code: 'invalid_value', message: NOT_A_CURSOR }]);
}

/** `limit` and `cursor` of a list in the order of ids. */
export const paging = {
  limit,
  cursor: z.string().min(1).max(256).optional().describe('The next_cursor of the page before.'),
};

/** `limit` and `cursor` of a list in the order of time: its cursor is a number, 0 at the beginning. */
export const countedPaging = {
  limit,
  cursor: z
    .string()
    .transform((text, context) => {
      const at = /^\d+$/.test(text) ? Number(text) : NaN;
      if (Number.isSafeInteger(at)) return at;
      context.addIssue({ code: 'custom', message: NOT_A_CURSOR, params: { code: 'invalid_value' } });
      return z.NEVER;
    })
    .optional()
    .transform((given) => given ?? 0)
    .meta({ type: 'string', description: 'The next_cursor of the page before.' }),
};

/** As `countedPaging`, and from either end: then its cursor leads to what is older. */
export const orderedPaging = {
  ...countedPaging,
  order: z
    .enum(['asc', 'desc'])
    .default('asc')
    .describe('`desc`: the newest first, and the cursor leads to older ones.'),
};

/** `limit` alone. */
export const limitQuery = z.strictObject({ limit });
export const pagingQuery = z.strictObject(paging);
export const countedPagingQuery = z.strictObject(countedPaging);
export const orderedPagingQuery = z.strictObject(orderedPaging);

/** ISO 8601 with a time zone, as milliseconds since the epoch. */
export const momentText = z.iso
  .datetime({ offset: true, error: 'must be ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z' })
  .transform((text) => Date.parse(text))
  .meta({ type: 'string', format: 'date-time' });
