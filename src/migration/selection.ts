import { validationFailed } from '../errors.js';
import type { Selection } from './imported.js';

/**
 * The environment to import: the one asked for, else the only one there is.
 *
 * @throws {RampartError} validation_failed where there are several to choose from, or not the one asked for
 */
export function chosenEnvironment(names: readonly string[], { environment }: Selection): string | undefined {
  const known = [...new Set(names)];
  const all = known.join(', ');
  const refuse = (code: string, message: string) =>
    validationFailed([{ path: 'environment', code, message }]);
  if (environment === undefined) {
    if (known.length > 1) throw refuse('required', `name one of ${all} by --environment`);
    return known[0];
  }
  if (known.length > 0 && !known.includes(environment)) {
    throw refuse('unknown_environment', `the document has no environment ${environment}, it has ${all}`);
  }
  return environment;
}
