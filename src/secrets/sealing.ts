import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Encrypts what only people may read back: AES-256-GCM under a key derived from the deployment's secret. */
export interface Sealing {
  /** base64url of nonce, tag and cipher text. */
  seal(text: string): string;
  /** @throws where the text was changed, or sealed under another secret */
  open(sealed: string): string;
}

const NONCE = 12;
const TAG = 16;

export function sealingBy(secret: string): Sealing {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'rampart sealed fields', 32));
  return {
    seal(text) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return decipher.update(bytes.subarray(NONCE + TAG), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
