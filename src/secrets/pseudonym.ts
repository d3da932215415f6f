import { createHash, createHmac, hkdfSync } from 'node:crypto';

/** Unit id to pseudonym: HMAC-SHA-256 under a key derived from the deployment's secret; 32 hexadecimal digits. */
export type Pseudonymise = (unit_id: string) => string;

export function pseudonymiser(secret: string): Pseudonymise {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'rampart unit pseudonyms', 32));
  return (unit_id) => createHmac('sha256', key).update(unit_id).digest('hex').slice(0, 32);
}

/** Unit id to the mark by which serving knows those that are opted out, excluded or overridden. */
export type MarkOf = (unit_id: string) => string;

/** Public: services evaluate with it. It keeps the marks of one installation from being those of another. */
export function snapshotSalt(secret: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'rampart snapshot salt', 16)).toString('hex');
}

/** The first 24 hexadecimal digits of SHA-256. */
export function markDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** 12 bytes of a sender's event id: enough to know it again. */
export function eventHash(event_id: string): string {
  return createHash('sha256').update(event_id).digest('base64url').slice(0, 16);
}
