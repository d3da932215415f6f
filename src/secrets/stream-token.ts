import { createHmac, timingSafeEqual } from 'node:crypto';
import { NewestMap } from '../newest-map.js';
import { derive } from './derive.js';

const VALID_MS = 60_000;
/** How long the same token is issued again: bulk evaluations, which need one each, outnumber new streams. */
const REUSED_MS = 10_000;
/** At most this many tokens are remembered: there may be more keys, and most are gone one day. */
const MOST_ISSUED = 1_000;

/**
 * Short-lived tokens for the URL of the event stream, because browsers cannot send headers when they open one. They are
 * signed under the deployment's secret, so every API process accepts tokens of the others.
 */
export class StreamTokens {
  private readonly key: Buffer;
  private readonly issued = new NewestMap<string, { token: string; until: number }>(MOST_ISSUED);

  constructor(secret: string) {
    this.key = derive(secret, 'rampart stream tokens');
  }

  /** A token that stands for a key for the next minute. */
  issue(key_id: string, now = Date.now()): string {
    const known = this.issued.get(key_id);
    if (known && now < known.until) return known.token;
    const claim = `${(now + VALID_MS).toString(36)}.${Buffer.from(key_id).toString('base64url')}`;
    const token = `${claim}.${this.sign(claim)}`;
    this.issued.set(key_id, { token, until: now + REUSED_MS });
    return token;
  }

  /** The id of the key that a token was issued for; null if the token is forged or has expired. */
  keyOf(token: string, now = Date.now()): string | null {
    const end = token.lastIndexOf('.');
    const claim = token.slice(0, Math.max(0, end));
    const [signature, expected] = [Buffer.from(token.slice(end + 1)), Buffer.from(this.sign(claim))];
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return null;
    const [until, key_id] = claim.split('.');
    return now < parseInt(until!, 36) ? Buffer.from(key_id!, 'base64url').toString() : null;
  }

  private sign(claim: string): string {
    return createHmac('sha256', this.key).update(claim).digest('base64url');
  }
}
