import { createHash } from 'node:crypto';
import { failure } from '../errors.js';
import type { DefinitionStore, Stored } from '../store/definitions.js';
import type { OperationContext } from './context.js';
import { audited } from './tell.js';

/** A stored definition, and the one it replaced; null where it is new. */
export interface Saved<T> {
  stored: Stored<T>;
  before: Stored<T> | null;
}

/**
 * Stores the next revision of a definition, with its audit entry.
 *
 * @param before the revision that it replaces
 * @param shown what it replaces in the eyes of people, where that is not a stored one, such as a built-in metric
 * @throws {RampartError} conflict
 */
export async function saveDefinition<T extends object>(
  { store }: Pick<OperationContext, 'store'>,
  definitions: DefinitionStore<T>,
  id: string,
  definition: T,
  by: string,
  before: Stored<T> | null,
  shown: T | undefined = before?.definition,
): Promise<Saved<T>> {
  const { kind } = definitions;
  const revision = await definitions.nextRevision(id, before);
  const content = createHash('sha256').update(JSON.stringify(definition)).digest('base64url').slice(0, 12);
  const change = {
    by,
    action: shown ? `${kind}.update` : `${kind}.create`,
    subject: [kind, id],
    key: `${revision}:${by}:${content}`,
    before: shown,
    after: definition,
  } as const;
  const stored = await audited({ store }, change, () =>
    definitions.replace(id, definition, by, before, revision),
  );
  return { stored, before };
}

/**
 * Deletes a definition, with its audit entry; its revisions are kept. Null where there is none.
 *
 * @throws {RampartError} conflict
 */
export async function deleteDefinition<T extends object>(
  { store }: Pick<OperationContext, 'store'>,
  definitions: DefinitionStore<T>,
  id: string,
  by: string,
): Promise<Stored<T> | null> {
  const before = await definitions.get(id);
  if (!before) return null;
  const { kind } = definitions;
  const change = {
    by,
    action: `${kind}.delete`,
    subject: [kind, id],
    key: `${before.revision}:${by}`,
    before: before.definition,
  } as const;
  await audited({ store }, change, async () => {
    if (await definitions.delete(before)) return;
    throw failure('conflict', `${kind} ${id} was changed by somebody else meanwhile: read it again`);
  });
  return before;
}
