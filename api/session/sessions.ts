import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { failure } from '../../src/errors.js';
import type { Role } from '../../src/model/key.js';
import { sealingBy, type Sealing } from '../../src/secrets/sealing.js';
import type { Authenticator, Caller } from '../auth.js';
import { OwnCookie } from './cookies.js';

/** How long a sign-in lasts. */
const SESSION_MS = 12 * 3_600_000;
/** The header in which a page proves that it could read its own session. */
export const CSRF_HEADER = 'x-rampart-csrf';

/** Whom a session is for: a key, which may be revoked meanwhile, or a person whom an identity provider named. */
export type Holder = { type: 'key'; key_id: string } | Person;

export interface Person {
  type: 'person';
  id: string;
  name: string;
  role: Role;
  environments: string[] | null;
  /** How often their sessions had been ended before. */
  ended: number;
  /** The settings that gave them their role. */
  settings: string;
}

/** What sessions of people stand on. */
export interface Standing {
  /** Tells the present settings of sign-in from others; null where people sign in by keys alone. */
  settings: string | null;
  /** How often somebody's sessions were ended; 0 of whom this process does not know yet. */
  endedOf(person_id: string): number;
}

interface Session {
  holder: Holder;
  csrf: string;
  /** ms since the epoch */
  expires_at: number;
}

/** A session that a request has. */
export interface Signed {
  caller: Caller;
  holder: Holder;
  csrf: string;
  expires_at: number;
}

/**
 * Sign-ins of people. A session is a sealed cookie that scripts cannot read, so that every process knows it and none stores
 * it. What changes something needs a second secret, which only the own pages can read, and an Origin that is the own one.
 */
export class Sessions {
  private readonly sealing: Sealing;
  private readonly cookie: OwnCookie;
  private readonly origin: string | null;

  /**
   * @param public_url address at which people open the dashboard; under https the cookie keeps to it
   */
  constructor(
    secret: string,
    private readonly authenticator: Authenticator,
    private readonly standing: Standing,
    public_url: string | undefined,
  ) {
    this.sealing = sealingBy(secret, 'rampart sessions');
    this.origin = public_url === undefined ? null : new URL(public_url).origin;
    this.cookie = new OwnCookie('rampart_session', public_url);
  }

  /** Begins a session: the cookie to set, and what the page may know of it. */
  begin(holder: Holder, now = Date.now()): { set_cookie: string; signed: Signed } {
    const session: Session = {
      holder,
      csrf: randomBytes(24).toString('base64url'),
      expires_at: now + SESSION_MS,
    };
    const sealed = this.sealing.seal(JSON.stringify(session));
    return {
      set_cookie: this.cookie.set(sealed, SESSION_MS / 1000),
      signed: { ...session, caller: this.callerFor(holder) },
    };
  }

  /** The cookie that ends a session. */
  end(): string {
    return this.cookie.clear();
  }

  /** Whether a request has a cookie and no key, and so is that of a page. */
  isFromPage({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    const hasKey = headers.authorization !== undefined || headers['x-api-key'] !== undefined;
    return !hasKey && this.cookie.in(headers.cookie) !== null;
  }

  /**
   * The session of a request.
   *
   * @param alsoFrom origin whose pages may make this call without the second secret, because it changes nothing
   * @throws {RampartError} unauthenticated: none, an expired, ended or forged one, or its key was revoked; forbidden: what
   * would change something comes from elsewhere
   */
  of(
    { headers, method }: Pick<IncomingMessage, 'headers' | 'method'>,
    { now = Date.now(), alsoFrom }: { now?: number; alsoFrom?: string | undefined } = {},
  ): Signed {
    const session = this.opened(headers.cookie);
    if (session === null || session.expires_at <= now)
      throw failure('unauthenticated', 'the session has ended: sign in again');
    const caller = this.callerFor(session.holder);
    const isFromFriend = alsoFrom !== undefined && headers.origin === alsoFrom;
    if (method !== 'GET' && method !== 'HEAD' && !isFromFriend) this.assertOwn(headers, session);
    return { ...session, caller };
  }

  private assertOwn(headers: IncomingMessage['headers'], { csrf }: Session): void {
    const { origin, host } = headers;
    const own = this.origin ?? hostOf(origin);
    const isOwn = origin !== undefined && (this.origin === null ? own === host : origin === own);
    if (!isOwn)
      throw failure('forbidden', 'a session may change things only from its own pages: send its own Origin');
    const given = Buffer.from(String(headers[CSRF_HEADER] ?? ''));
    const expected = Buffer.from(csrf);
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw failure('forbidden', `send the session's csrf value in the header ${CSRF_HEADER}`);
  }

  private callerFor(holder: Holder): Caller {
    if (holder.type === 'key') return this.authenticator.callerOfKey(holder.key_id);
    const { id, role, environments, ended, settings } = holder;
    // A process that has not heard of the last sign-in yet knows of fewer ends than the session, never of more.
    if (settings !== this.standing.settings || ended < this.standing.endedOf(id))
      throw failure('unauthenticated', 'this session was ended, or roles have changed since: sign in again');
    return { key_id: id, role, environments };
  }

  private opened(cookies: string | undefined): Session | null {
    const sealed = this.cookie.in(cookies);
    if (sealed === null) return null;
    try {
      return JSON.parse(this.sealing.open(sealed)) as Session;
    } catch {
      return null;
    }
  }
}

/** Host and port of an origin; null where there is none. */
function hostOf(origin: string | undefined): string | null {
  return origin === undefined || !URL.canParse(origin) ? null : new URL(origin).host;
}
