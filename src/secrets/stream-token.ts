import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const GOOD_FOR_MS = 60_000;
/** A token is given out again for so long: bulk evaluations are made more often than streams are opened. */
const GIVEN_AGAIN_MS = 10_000;

/**
 * Short-lived tokens for the URL of the event stream, which carries no headers. Signed under the deployment's secret, so
 * that every process takes those of the others.
 */
export class StreamTokens {
  private readonly key: Buffer;
  private readonly given = new Map<string, { token: string; until: number }>();

  constructor(secret: string) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'rampart stream tokens', 32));
  }

  /** For the holder of a key. */
  issue(key_id: string, now = Date.now()): string {
    const known = this.given.get(key_id);
    if (known && now < known.until) return known.token;
    const claim = `${(now + GOOD_FOR_MS).toString(36)}.${Buffer.from(key_id).toString('base64url')}`;
    const token = `${claim}.${this.sign(claim)}`;
    this.given.set(key_id, { token, until: now + GIVEN_AGAIN_MS });
    return token;
  }

  /** The key that a token was issued for; null where it is none, or not good any more. */
  keyOf(token: string, now = Date.now()): string | null {
    const end = token.lastIndexOf('.');
    const claim = token.slice(0, Math.max(0, end));
    const [given, right] = [Buffer.from(token.slice(end + 1)), Buffer.from(this.sign(claim))];
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    const [until, key_id] = claim.split('.');
    return now < parseInt(until!, 36) ? Buffer.from(key_id!, 'base64url').toString() : null;
  }

  private sign(claim: string): string {
    return createHmac('sha256', this.key).update(claim).digest('base64url');
  }
}
