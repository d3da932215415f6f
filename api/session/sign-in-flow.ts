import { sealingBy, type Sealing } from '../../src/secrets/sealing.js';
import { OwnCookie } from './cookies.js';
import type { Challenge } from './identity-provider.js';

/** How long somebody may take at the identity provider. */
const FLOW_S = 600;

/** A sign-in that a browser has begun. */
export interface SignInFlow extends Challenge {
  /** The own page to which it leads. */
  return_to: string;
}

/**
 * Sign-ins under way. What the way back is checked with stays in the browser that began it, in a sealed cookie: nobody can
 * begin a sign-in and have another browser end it.
 */
export class SignInFlows {
  private readonly sealing: Sealing;
  private readonly cookie: OwnCookie;

  constructor(secret: string, public_url: string | undefined) {
    this.sealing = sealingBy(secret, 'rampart sign-ins under way');
    this.cookie = new OwnCookie('rampart_sign_in', public_url);
  }

  /** The cookie of a sign-in that begins. */
  begin(flow: SignInFlow, now = Date.now()): string {
    return this.cookie.set(this.sealing.seal(JSON.stringify({ flow, until: now + FLOW_S * 1_000 })), FLOW_S);
  }

  /** The sign-in that a browser has begun; null where there is none, a forged one, or one from too long ago. */
  of(cookies: string | undefined, now = Date.now()): SignInFlow | null {
    const sealed = this.cookie.in(cookies);
    if (sealed === null) return null;
    try {
      const { flow, until } = JSON.parse(this.sealing.open(sealed)) as { flow: SignInFlow; until: number };
      return now < until ? flow : null;
    } catch {
      return null;
    }
  }

  /** The cookie that ends it. */
  end(): string {
    return this.cookie.clear();
  }
}

/** Any origin will do: a path is own where it leads to whatever origin it is read against. */
const HERE = 'https://here.invalid';

/** A path of the own pages, as browsers read it; null where it leads elsewhere, or to no page. */
export function ownPath(text: string): string | null {
  if (!text.startsWith('/') || text.length > 2_000 || !URL.canParse(text, HERE)) return null;
  const { origin, pathname, search, hash } = new URL(text, HERE);
  // `/.//host` is own when read, and would not be when read again.
  if (origin !== HERE || pathname.startsWith('//') || /^\/(auth|v1|ofrep)(\/|$)/.test(pathname)) return null;
  return pathname + search + hash;
}
