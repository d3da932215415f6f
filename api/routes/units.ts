import { validationFailed } from '../../src/errors.js';
import { isPlainText } from '../../src/model/id.js';

/** The unit that a path names. @throws {RampartError} validation_failed */
export function unitNamed({ unit_id = '' }: Record<string, string>): string {
  if (isPlainText(unit_id, 256)) return unit_id;
  const message = 'must be 1 to 256 bytes of UTF-8 without control characters';
  throw validationFailed([{ path: 'unit_id', code: 'invalid_value', message }]);
}
