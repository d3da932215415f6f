import { createHmac } from 'node:crypto';
import { derive, type Purpose } from './derive.js';

/** A hash that nobody can make, or check a guess against, without the deployment's secret: HMAC-SHA-256, hexadecimal. */
export type KeyedHash = (text: string) => string;

export function keyedHash(secret: string, purpose: Purpose): KeyedHash {
  const key = derive(secret, purpose);
  return (text) => createHmac('sha256', key).update(text).digest('hex');
}
