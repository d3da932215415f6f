import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts and signs bytes with AES-256-GCM: nonce, tag and ciphertext, one behind the other. The nonce is random, so one key
 * is good for some 2^32 messages. Source: NIST SP 800-38D, 8.3.
 */
export function encrypt(key: Buffer, bytes: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws if the bytes were changed, or encrypted with another key */
export function decrypt(key: Buffer, bytes: Uint8Array): Buffer {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('too short to be encrypted');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
