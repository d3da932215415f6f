import * as openid from 'openid-client';
import type { Claims } from '../../src/role-rules.js';
import { SignInRefused } from './sign-in-refused.js';

/** How Rampart is known to an identity provider. */
export interface Registration {
  issuer: string;
  client_id: string;
  /** A public client has none: PKCE stands in for it. */
  client_secret: string | undefined;
  scopes: string;
  /** Where the provider sends people back to. */
  redirect_uri: string;
}

/** What the browser that begins a sign-in must have when it comes back. */
export interface Challenge {
  state: string;
  nonce: string;
  verifier: string;
}

const PATIENCE_S = 5;
/** How long what the provider says of itself is believed, ms. */
const DISCOVERED_MS = 3_600_000;

/**
 * An OpenID Connect provider: authorisation code flow with PKCE. It is asked for its addresses at the first sign-in, and again
 * after a while; where it does not answer then, the next sign-in asks again.
 */
export class IdentityProvider {
  private found: { configuration: Promise<openid.Configuration>; at: number } | null = null;

  constructor(private readonly registration: Registration) {}

  /**
   * Where to send a browser, and what it must bring back.
   *
   * @throws {SignInRefused} away
   */
  async begin(): Promise<Challenge & { address: string }> {
    const configuration = await this.configuration();
    const challenge = {
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      verifier: openid.randomPKCECodeVerifier(),
    };
    const address = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: this.registration.redirect_uri,
      scope: this.registration.scopes,
      state: challenge.state,
      nonce: challenge.nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(challenge.verifier),
      code_challenge_method: 'S256',
    });
    return { ...challenge, address: address.href };
  }

  /**
   * Who has come back. State, issuer, signature, audience, nonce and times are checked by openid-client; what the provider
   * says elsewhere of the person is added to what it has signed.
   *
   * @param query of the address to which the provider has sent the browser
   * @throws {SignInRefused} away, declined, invalid
   */
  async finish(query: string, { state, nonce, verifier }: Challenge): Promise<Claims & { sub: string }> {
    const configuration = await this.configuration();
    try {
      const address = new URL(this.registration.redirect_uri);
      address.search = query;
      const tokens = await openid.authorizationCodeGrant(configuration, address, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const signed = tokens.claims()!;
      const told =
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await openid.fetchUserInfo(configuration, tokens.access_token, signed.sub);
      return { ...told, ...signed };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  private async configuration(): Promise<openid.Configuration> {
    const present = this.found;
    if (present !== null && Date.now() - present.at < DISCOVERED_MS) return present.configuration;
    const configuration = this.discover();
    const found = { configuration, at: Date.now() };
    this.found = found;
    try {
      return await configuration;
    } catch (error) {
      // One that was found before is as good as it was.
      if (this.found === found) this.found = present;
      if (present !== null) return present.configuration;
      throw new SignInRefused('away', codeOf(error));
    }
  }

  private discover(): Promise<openid.Configuration> {
    const { issuer, client_id, client_secret } = this.registration;
    const server = new URL(issuer);
    return openid.discovery(server, client_id, undefined, authentication(client_secret), {
      timeout: PATIENCE_S,
      // It checks signatures too, although the token comes from the provider itself.
      execute: [
        openid.enableNonRepudiationChecks,
        ...(server.protocol === 'http:' ? [openid.allowInsecureRequests] : []),
      ],
    });
  }
}

/** How Rampart proves who it is: with its secret, in the way that the provider takes. */
function authentication(secret: string | undefined): openid.ClientAuth {
  if (secret === undefined) return openid.None();
  const [basic, post] = [openid.ClientSecretBasic(secret), openid.ClientSecretPost(secret)];
  return (server, ...rest) => {
    // Basic is what a provider takes that does not say.
    const taken = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (taken.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

/** Codes of errors where the provider was not heard, or said that it cannot answer now. */
const AWAY = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'server_error', 'temporarily_unavailable']);

function refusalOf(error: unknown): SignInRefused {
  const code = codeOf(error);
  if (code === 'access_denied') return new SignInRefused('declined', code);
  const isAway = AWAY.has(code) || isUnreachable(error) || statusOf(error) >= 500;
  return new SignInRefused(isAway ? 'away' : 'invalid', code);
}

/** What went wrong as a short code, which is safe to log: never a message, which may quote what was sent. */
function codeOf(error: unknown): string {
  const {
    error: told,
    code,
    cause,
  } = error as { error?: unknown; code?: unknown; cause?: { code?: unknown } };
  const isCode = (one: unknown): one is string => typeof one === 'string' && /^\w{1,60}$/.test(one);
  return [told, code, cause?.code].find(isCode) ?? 'unknown';
}

/** As `fetch` says that it had no connection. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed';
}

function statusOf(error: unknown): number {
  const { status, cause } = error as { status?: unknown; cause?: unknown };
  if (typeof status === 'number') return status;
  return cause instanceof Response ? cause.status : 0;
}
