import { FieldSealing } from '../secrets/field-sealing.js';
import { FIRST_KEY } from '../secrets/sealing-keys.js';
import type { Store } from '../store/store.js';
import { EncryptingCodec } from '../temporal/payload-codec.js';

/** What encrypts in a process: stored fields, and what Temporal keeps. */
export interface Secrets {
  sealing: FieldSealing;
  codec: EncryptingCodec;
}

/** How long a process encrypts payloads with the key that it knows, before it asks again, ms. */
const ASKED_MS = 2_000;

/**
 * Fields are sealed only where it is known which key is the present one: they are written to the server that says so.
 * Payloads go to another server, and must not wait for that one: where it does not answer, the last known key does.
 */
export function secretsOf(secret: string, { keyring }: Pick<Store, 'keyring'>): Secrets {
  let known = FIRST_KEY;
  let asked_at = -Infinity;
  const ask = async (): Promise<void> => {
    known = await keyring.current().catch(() => known);
  };
  return {
    sealing: new FieldSealing(secret, () => keyring.current()),
    codec: new EncryptingCodec(secret, async () => {
      const isFirst = asked_at === -Infinity;
      if (performance.now() - asked_at > ASKED_MS) {
        asked_at = performance.now();
        const asking = ask();
        if (isFirst) await asking;
      }
      return known;
    }),
  };
}
