import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derive, type Purpose } from './derive.js';

/** Encrypts what only people read back: AES-256-GCM under a key derived from the deployment's secret. */
export interface Sealing {
  /** base64url of nonce, tag and ciphertext. */
  seal(text: string): string;
  /** @throws if the text was changed, or sealed under another secret */
  open(sealed: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function sealingBy(secret: string, purpose: Purpose = 'rampart sealed fields'): Sealing {
  const key = derive(secret, purpose);
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return (
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
  };
}
