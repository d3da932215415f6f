import { RampartError, validationFailed, type FieldError } from '../../src/errors.js';

/** Of a body with a `definition` in it: errors of the definition, at their places in the body. */
export async function ofDefinition<T>(ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const errors = error instanceof RampartError ? (error.members['errors'] as FieldError[]) : undefined;
    if (!errors || errors.some(({ path }) => path.startsWith('context.'))) throw error;
    throw validationFailed(
      errors.map((one) => ({ ...one, path: one.path === '' ? 'definition' : `definition.${one.path}` })),
    );
  }
}
