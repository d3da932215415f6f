import type { DefinitionStore, Stored } from '../store/definitions.js';
import type { OperationContext } from './context.js';
import { audit } from './tell.js';

/** A stored definition, and the one it replaced; null where it is new. */
export interface Saved<T> {
  stored: Stored<T>;
  before: Stored<T> | null;
}

/** Stores the next revision of a definition, with its audit entry. @throws {RampartError} conflict */
export async function saveDefinition<T extends object>(
  context: OperationContext,
  definitions: DefinitionStore<T>,
  id: string,
  definition: T,
  by: string,
): Promise<Saved<T>> {
  const { kind } = definitions;
  const saved = await definitions.put(id, definition, by);
  const { before } = saved;
  await audit(context, by, before ? `${kind}.update` : `${kind}.create`, [kind, id], {
    before: before?.definition,
    after: definition,
  });
  return saved;
}

/** Deletes a definition, with its audit entry; its revisions are kept. Null where there is none. */
export async function deleteDefinition<T extends object>(
  context: OperationContext,
  definitions: DefinitionStore<T>,
  id: string,
  by: string,
): Promise<Stored<T> | null> {
  const before = await definitions.delete(id);
  if (before) {
    await audit(context, by, `${definitions.kind}.delete`, [definitions.kind, id], {
      before: before.definition,
    });
  }
  return before;
}
