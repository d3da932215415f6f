import type { NewKey } from '../../api/administration.js';
import { ShownOnce } from './shown-once.js';

/** Shows a new key, this once. */
export function CreatedKey({ created: { name, key }, onClose }: { created: NewKey; onClose(): void }) {
  return (
    <ShownOnce title={`The key ${name}`} label="Key" secret={key} onClose={onClose}>
      <b>This key is not shown again.</b> Store it now where its user finds it. Only its hash is kept here.
    </ShownOnce>
  );
}
