import type { z } from 'zod';
import { RampartError, validationFailed } from '../errors.js';
import { plainJsonErrors } from '../model/plain-json.js';
import { parse } from '../validation.js';

/** Why the API would refuse a definition, in the words of its answer; null where it would not. */
export function whyRefused<T>(schema: z.ZodType<T, unknown>, definition: unknown): string | null {
  const [odd] = plainJsonErrors(definition);
  if (odd) return validationFailed([odd]).message;
  try {
    parse(schema, definition);
    return null;
  } catch (error) {
    if (error instanceof RampartError) return error.message;
    throw error;
  }
}
