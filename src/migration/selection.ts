import { validationFailed } from '../errors.js';
import type { Json } from '../model/json.js';
import { isObject, type Fields, type Member } from './fields.js';
import type { Ledger } from './ledger.js';

/** Which part of the document to import, where it has several. */
export interface Selection {
  environment?: string | undefined;
  project?: string | undefined;
}

/**
 * The environment to import: the requested one, else the only one in the document.
 *
 * @throws {RampartError} validation_failed where the document has several and none was requested, or not the requested one
 */
export function chosenEnvironment(names: readonly string[], { environment }: Selection): string | undefined {
  const known = [...new Set(names)];
  const list = known.join(', ');
  const refuse = (code: string, message: string) =>
    validationFailed([{ path: 'environment', code, message }]);
  if (environment === undefined) {
    if (known.length > 1) throw refuse('required', `choose one of ${list} with --environment`);
    return known[0];
  }
  if (known.length > 0 && !known.includes(environment)) {
    throw refuse('unknown_environment', `the document has no environment ${environment}; it has ${list}`);
  }
  return environment;
}

/** Notes settings that are lost because they are for another environment than the chosen one. */
export function loseOtherEnvironment(settings: Fields, chosen: string | undefined): void {
  settings.ledger.lost(
    settings.path,
    `is for another environment than ${chosen}: import it with --environment`,
  );
}

/**
 * Flags of the selected project; the others are noted as lost.
 *
 * @param projectOf the project of a flag; the flag is kept, to be lost by name, where that cannot be read
 */
export function ofProject(
  members: readonly Member[],
  projectOf: (flag: Readonly<Record<string, Json>>) => string | undefined,
  { project }: Selection,
  ledger: Ledger,
): Member[] {
  if (project === undefined) return [...members];
  return members.filter(({ path, value }) => {
    const own = isObject(value) ? projectOf(value) : undefined;
    if (own === undefined || own === project) return true;
    ledger.lost(path, `belongs to the project ${own || '""'}: import it with --project`);
    return false;
  });
}
