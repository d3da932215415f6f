import { ApiError } from '../../api/client.js';
import { CALLS, type LibraryKind } from '../../api/library.js';
import { idOf, KINDS } from './kinds.js';

/**
 * Creates what somebody wrote; it replaces nothing. Returns its id.
 *
 * @throws {ApiError} with what is wrong at its field
 */
export async function createItem(kind: LibraryKind, value: Record<string, unknown>): Promise<string> {
  const { noun, id: field } = KINDS[kind];
  const id = value[field];
  if (typeof id !== 'string' || id === '') throw complaint(field, 'is missing: give it an id');
  // Asked of the list: the browser reports an item that is not there as an error.
  const { items } = await CALLS[kind].list();
  if (items.some((item) => idOf(kind, item) === id))
    throw complaint(field, `is taken: there is a ${noun} ${id} already`);
  await CALLS[kind].put(id, value as never);
  return id;
}

/** Something that the API would not find wrong, in its form. */
function complaint(path: string, message: string): ApiError {
  const errors = [{ path, code: 'invalid_value', message }];
  return new ApiError({ status: 422, title: 'Invalid', detail: message, code: 'validation_failed', errors });
}
