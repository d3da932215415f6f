import { createHash, createHmac, hkdfSync } from 'node:crypto';

/** Unit id to pseudonym: HMAC-SHA-256 under a key derived from the deployment's secret; 32 hexadecimal digits. */
export type Pseudonymise = (unit_id: string) => string;

export function pseudonymiser(secret: string): Pseudonymise {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'rampart unit pseudonyms', 32));
  return (unit_id) => createHmac('sha256', key).update(unit_id).digest('hex').slice(0, 32);
}

/** 12 bytes of a sender's event id: enough to know it again. */
export function eventHash(event_id: string): string {
  return createHash('sha256').update(event_id).digest('base64url').slice(0, 16);
}
