import type { AuditInput } from '../store/audit.js';
import type { ServedId } from '../store/serving.js';
import type { OperationContext } from './context.js';

/** Tells every process that something it serves has changed, and waits until this one serves the change. */
export async function publishChange(
  { store, refresher }: Pick<OperationContext, 'store' | 'refresher'>,
  id: ServedId,
): Promise<void> {
  await store.serving.changed(id);
  await refresher.refresh();
}

/**
 * Writes the audit entry of a change that a person made. Callers write it before they answer the change.
 *
 * @param by id of the person's key
 */
export async function audit(
  { store }: Pick<OperationContext, 'store'>,
  by: string,
  action: string,
  [type, id]: readonly [type: string, id: string],
  change: Pick<AuditInput, 'before' | 'after'> = {},
): Promise<void> {
  await store.audit.append({ actor: { type: 'person', id: by }, action, subject: { type, id }, ...change });
}
