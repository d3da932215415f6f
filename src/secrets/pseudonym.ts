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

/** A sender's event id to what recognises it again: 12 bytes, base64url. */
export type HashEvent = (event_id: string) => string;

/** HMAC-SHA-256: event ids are often made of unit ids, and must not be guessed back from what is stored. */
export function eventHasher(secret: string): HashEvent {
  const key = derive(secret, 'rampart event ids');
  return (event_id) => createHmac('sha256', key).update(event_id).digest('base64url').slice(0, 16);
}
