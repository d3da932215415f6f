import { RampartError, validationFailed, type FieldError } from '../errors.js';

/**
 * A rule, segment or flag that cannot be carried over without serving units something else. The caller that knows what
 * depends on it catches this and notes it as lost.
 */
export class Unsupported extends Error {}

/**
 * A part of the document is not what its system writes. The flag or segment that it belongs to is lost as a whole, for
 * nobody knows what its system makes of it. Where it belongs to none, the import as a whole fails.
 */
export class Malformed extends RampartError {
  readonly field: FieldError;

  constructor(path: string, message: string) {
    const field = { path, code: 'malformed_document', message };
    const { code, message: detail, status, members } = validationFailed([field]);
    super(code, detail, status, members);
    this.field = field;
  }
}

export function malformed(path: string, message: string): Malformed {
  return new Malformed(path, message);
}

/** Why a flag or segment is lost. Rethrows every other error. */
export function whyLost(error: unknown): string {
  if (error instanceof Unsupported) return error.message;
  if (error instanceof Malformed) return `${error.field.path} ${error.field.message}`;
  throw error;
}
