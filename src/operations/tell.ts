import { RampartError } from '../errors.js';
import type { AuditInput } from '../store/audit.js';
import type { ServedId } from '../store/serving.js';
import type { Store } from '../store/store.js';
import type { OperationContext } from './context.js';

/** Tells every process that something it serves has changed, and waits until this one serves the change. */
export async function publishChange(
  { store, refresher }: Pick<OperationContext, 'store' | 'refresher'>,
  id: ServedId,
): Promise<void> {
  await store.serving.changed(id);
  await refresher.refresh();
}

/** A change that is about to be made. */
export interface Change extends Pick<AuditInput, 'before' | 'after'> {
  /** Id of the person's key, or of the part of the system that makes it. */
  by: string;
  isBySystem?: boolean;
  action: string;
  subject: readonly [type: string, id: string];
  /** What makes it this change and no other, where a retry may come: it is then recorded once. */
  key?: string;
}

/**
 * Records a change, then makes it. In this order nothing is ever changed without an entry, whenever a process dies. An
 * entry whose change was refused after all is followed by one that says so.
 */
export async function audited<T>(
  { store }: { store: Pick<Store, 'audit'> },
  { by, isBySystem = false, action, subject: [type, id], before, after, key }: Change,
  change: () => Promise<T>,
): Promise<T> {
  const actor = { type: isBySystem ? 'system' : 'person', id: by } as const;
  const subject = { type, id };
  const seq = await store.audit.append(
    { actor, action, subject, before, after },
    key === undefined ? undefined : `${action}:${id}:${key}`,
  );
  try {
    return await change();
  } catch (error) {
    // Where the store did not answer, nobody knows whether the change was made.
    if (error instanceof RampartError && error.status < 500) {
      const refused = { entry: seq, code: error.code };
      await store.audit.append({ actor, action: `${action}.refused`, subject, after: refused });
    }
    throw error;
  }
}
