import { createHash, createHmac } from 'node:crypto';
import { derive } from './derive.js';

/** Unit id to pseudonym: HMAC-SHA-256 under a key derived from the deployment's secret; 32 hexadecimal digits. */
export type Pseudonymise = (unit_id: string) => string;

export function pseudonymiser(secret: string): Pseudonymise {
  const key = derive(secret, 'rampart unit pseudonyms');
  return (unit_id) => createHmac('sha256', key).update(unit_id).digest('hex').slice(0, 32);
}

/**
 * Salt of the marks by which serving recognises units that are opted out, excluded or overridden. It is public, because
 * services evaluate with it. It makes the marks of each installation different.
 */
export function snapshotSalt(secret: string): string {
  return derive(secret, 'rampart snapshot salt', 16).toString('hex');
}

/** What makes a mark of a salted unit id: the first 24 hexadecimal digits of SHA-256. */
export function markDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** 12 bytes of SHA-256 over a sender's event id, base64url: enough to recognise it again. */
export function eventHash(event_id: string): string {
  return createHash('sha256').update(event_id).digest('base64url').slice(0, 16);
}
