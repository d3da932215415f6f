import { decrypt, encrypt } from './aes-gcm.js';
import { derive, type Purpose } from './derive.js';

/** Encrypts what is only good for hours, such as cookies: under one key, which is never rotated. */
export interface Sealing {
  /** base64url of nonce, tag and ciphertext. */
  seal(text: string): string;
  /** @throws if the text was changed, or sealed under another secret */
  open(sealed: string): string;
}

export function sealingBy(secret: string, purpose: Purpose): Sealing {
  const key = derive(secret, purpose);
  return {
    seal: (text) => encrypt(key, Buffer.from(text)).toString('base64url'),
    open: (sealed) => decrypt(key, Buffer.from(sealed, 'base64url')).toString(),
  };
}
