import type { z } from 'zod';
import { RampartError, validationFailed, type FieldError } from '../errors.js';
import { parse } from '../validation.js';

/** A definition that was read somewhere; whatever is wrong in it is named with that place. @throws {RampartError} validation_failed */
export function checked<T extends z.ZodType>(schema: T, place: string, given: unknown): z.output<T> {
  try {
    return parse(schema, given) as z.output<T>;
  } catch (error) {
    const errors = error instanceof RampartError ? error.members['errors'] : undefined;
    if (!Array.isArray(errors)) throw error;
    const at = (path: string): string => (path === '' ? place : `${place}: ${path}`);
    throw validationFailed((errors as FieldError[]).map((field) => ({ ...field, path: at(field.path) })));
  }
}
