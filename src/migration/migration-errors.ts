import { validationFailed, type RampartError } from '../errors.js';

/**
 * A rule, segment or flag that cannot be carried over without serving units something else. The caller that knows what
 * depends on it catches this and notes it as lost.
 */
export class Unsupported extends Error {}

/** The document is not what its system writes: the import as a whole fails. */
export function malformed(path: string, message: string): RampartError {
  return validationFailed([{ path, code: 'malformed_document', message }]);
}
