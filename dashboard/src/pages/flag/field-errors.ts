import { ApiError } from '../../api/client.js';

/** What the API says of one field. An empty path is the whole. */
export interface FieldError {
  path: string;
  message: string;
}

/** What a refusal says of fields; null where it is about something else. */
export function fieldErrorsOf(error: Error): FieldError[] | null {
  const errors = error instanceof ApiError ? error.problem.errors : undefined;
  return errors && errors.length > 0 ? errors : null;
}

/** What is said of a field or of a part of it. */
export function errorsAt(errors: readonly FieldError[], path: string): FieldError[] {
  return errors.filter((one) => one.path === path || one.path.startsWith(`${path}.`));
}

/** What no field of the form shows. */
export function errorsElsewhere(errors: readonly FieldError[], shown: readonly string[]): FieldError[] {
  const all = new Set(shown.flatMap((path) => errorsAt(errors, path)));
  return errors.filter((one) => !all.has(one));
}

/** The id of the control of a field, by which the first wrong one is found. */
export function controlId(path: string): string {
  return `field-${path}`;
}

/** Brings the focus to the first wrong field; to the summary where none of them has a control. */
export function focusFirst(errors: readonly FieldError[]): void {
  for (const { path } of errors) {
    const parts = path.split('.');
    for (let n = parts.length; n > 0; n -= 1) {
      const control = document.getElementById(controlId(parts.slice(0, n).join('.')));
      if (!control) continue;
      control.focus();
      return;
    }
  }
  document.getElementById('flag-errors')?.focus();
}
