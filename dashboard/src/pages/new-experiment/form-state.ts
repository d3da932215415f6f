import type { Form } from './form.js';

/** What each part of the form works with. */
export interface FormState {
  form: Form;
  /** @param field the one whose errors are shown from now on */
  change: (field: string, part: Partial<Form>) => void;
  /** What is wrong with a field; undefined where nothing is, or where it was not touched yet. */
  errorOf: (field: string) => string | undefined;
}
