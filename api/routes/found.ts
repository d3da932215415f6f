import { failure, validationFailed } from '../../src/errors.js';
import { ID_RULE, isId, isUnitId, UNIT_ID_RULE } from '../../src/model/id.js';

/** What was looked for. @throws {RampartError} not_found */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw failure('not_found', `no ${what}`);
  return value;
}

/** @throws {RampartError} validation_failed for an id that nothing can have */
export function writableId(id: string, name: string): void {
  if (!isId(id)) throw validationFailed([{ path: name, code: 'invalid_value', message: ID_RULE }]);
}

/** The unit that a path names. @throws {RampartError} validation_failed */
export function unitNamed({ unit_id }: { unit_id: string }): string {
  if (isUnitId(unit_id)) return unit_id;
  throw validationFailed([{ path: 'unit_id', code: 'invalid_value', message: UNIT_ID_RULE }]);
}
