import { hkdfSync } from 'node:crypto';

/** What a key derived from the deployment's secret is for. Each text is part of the derivation: none may ever change. */
export type Purpose =
  'rampart unit pseudonyms' | 'rampart snapshot salt' | 'rampart sealed fields' | 'rampart stream tokens';

/** A key for one purpose, from the deployment's secret: HKDF with SHA-256 (RFC 5869). Keys do not reveal one another. */
export function derive(secret: string, purpose: Purpose, bytes = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, bytes));
}
