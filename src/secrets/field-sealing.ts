import { decrypt, encrypt } from './aes-gcm.js';
import { SealingKeys } from './sealing-keys.js';

/** A text as documents keep it: encrypted, with the id of the key. */
export interface Sealed {
  key_id: string;
  /** base64url of nonce, tag and ciphertext. */
  text: string;
}

/**
 * Encrypts fields that are kept for long. Whoever adds one puts `await sealing.seal(text)` into a document, and the place of
 * it into `SEALED_FIELDS`: then it is sealed anew after each rotation.
 */
export class FieldSealing {
  private readonly keys: SealingKeys;

  /** @param current the id of the key to seal with; it rejects where nobody can say */
  constructor(
    secret: string,
    private readonly current: () => Promise<string>,
  ) {
    this.keys = new SealingKeys(secret, 'rampart sealed fields');
  }

  /** @throws {RampartError} unavailable: it is not known which key is the present one */
  async seal(text: string): Promise<Sealed> {
    return this.sealWith(await this.current(), text);
  }

  sealWith(key_id: string, text: string): Sealed {
    return { key_id, text: encrypt(this.keys.of(key_id), Buffer.from(text)).toString('base64url') };
  }

  /** @throws if it was changed, or sealed under another secret */
  open({ key_id, text }: Sealed): string {
    return decrypt(this.keys.of(key_id), Buffer.from(text, 'base64url')).toString();
  }
}
