import { hkdfSync } from 'node:crypto';

/** What a derived key is for. These texts are part of the derivation: none may ever change. */
export type Purpose =
  | 'rampart unit pseudonyms'
  | 'rampart snapshot salt'
  | 'rampart sealed fields'
  | 'rampart temporal payloads'
  | 'rampart stream tokens'
  | 'rampart audit chain'
  | 'rampart request bodies'
  | 'rampart event ids'
  | 'rampart networks in the log'
  | 'rampart secret fingerprint'
  | 'rampart sessions'
  | 'rampart sign-ins under way';

/**
 * A key for one purpose, from the deployment's secret. Keys do not reveal one another. Source: HKDF, RFC 5869.
 *
 * @param salt tells keys of one purpose apart
 */
export function derive(secret: string, purpose: Purpose, bytes = 32, salt = ''): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, purpose, bytes));
}

/** Tells two secrets apart, and says nothing of either. */
export function fingerprint(secret: string): string {
  return derive(secret, 'rampart secret fingerprint', 12).toString('hex');
}
