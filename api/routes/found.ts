import { failure, validationFailed } from '../../src/errors.js';
import { idSchema, isPlainText } from '../../src/model/id.js';

/** What was looked for. @throws {RampartError} not_found */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw failure('not_found', `no ${what}`);
  return value;
}

/** @throws {RampartError} validation_failed for an id that nothing can have */
export function writableId(id: string, name: string): void {
  if (idSchema.safeParse(id).success) return;
  const message = 'must be 1 to 128 of A-Z a-z 0-9 . _ : - and start with a letter or a digit';
  throw validationFailed([{ path: name, code: 'invalid_value', message }]);
}

/** The unit that a path names. @throws {RampartError} validation_failed */
export function unitNamed({ unit_id }: { unit_id: string }): string {
  if (isPlainText(unit_id, 256)) return unit_id;
  const message = 'must be 1 to 256 bytes of UTF-8 without control characters';
  throw validationFailed([{ path: 'unit_id', code: 'invalid_value', message }]);
}
