import { failure } from '../errors.js';
import type { KeyringDocument } from '../store/keyring.js';
import type { OperationContext } from './context.js';
import { nextKeyId } from '../secrets/sealing-keys.js';
import { audited } from './tell.js';

/**
 * Makes a new sealing key the present one. Whatever was sealed before stays readable, and reconciliation seals it anew.
 *
 * @throws {RampartError} conflict: somebody else has just rotated
 */
export async function rotateKeyring(
  context: Pick<OperationContext, 'store'>,
  by: string,
): Promise<KeyringDocument> {
  const { keyring } = context.store;
  const { current } = await keyring.read();
  const change = {
    by,
    action: 'keyring.rotate',
    subject: ['keyring', nextKeyId(current)],
    before: { key_id: current },
    after: { key_id: nextKeyId(current) },
  } as const;
  return audited(context, change, async () => {
    const rotated = await keyring.rotate(current, by);
    if (!rotated) throw failure('conflict', 'somebody else has just made a new key: look at the keyring');
    return rotated;
  });
}
