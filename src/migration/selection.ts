import { validationFailed } from '../errors.js';
import type { Fields } from './fields.js';

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

/** Items of the selected project; the others are noted as lost. */
export function ofProject(
  items: readonly Fields[],
  projectOf: (item: Fields) => string,
  { project }: Selection,
): Fields[] {
  return items.filter((item) => {
    const own = projectOf(item);
    if (project === undefined || own === project) return true;
    item.ledger.lost(item.path, `belongs to the project ${own || '""'}: import it with --project`);
    return false;
  });
}
