import { generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import Provider, { type Configuration } from 'oidc-provider';

export const CLIENT_ID = 'rampart';
export const CLIENT_SECRET = 'a-secret-of-the-client';

/** Whom the provider knows. */
export const PEOPLE = {
  ada: { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true, groups: ['experimenters'] },
  grace: { name: 'Grace Hopper', email: 'grace@example.com', email_verified: true, groups: ['staging'] },
  mallory: { name: 'Mallory', email: 'ada@example.com', email_verified: false, groups: ['others'] },
} as const;
export type PersonName = keyof typeof PEOPLE;

/** Who gets in, as a setting of Rampart. */
const ROLES = JSON.stringify([
  { claim: 'groups', value: 'experimenters', role: 'experimenter' },
  { claim: 'groups', value: 'staging', role: 'operator', environments: ['staging'] },
  { claim: 'email', value: 'ada@example.com', role: 'admin' },
]);

/** The settings of a Rampart that people open at an address. */
export function settingsFor(issuer: string, public_url: string): Record<string, string> {
  return {
    RAMPART_PUBLIC_URL: public_url,
    RAMPART_OIDC_ISSUER: issuer,
    RAMPART_OIDC_CLIENT_ID: CLIENT_ID,
    RAMPART_OIDC_CLIENT_SECRET: CLIENT_SECRET,
    RAMPART_OIDC_ROLES: ROLES,
  };
}

/** A real OpenID Connect provider in this process, which asks by links who somebody is. */
export class IdentityProviderServer {
  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  /** @param issuer an address of this machine, with a port that is free */
  static async start(issuer: string, redirect_uri: string): Promise<IdentityProviderServer> {
    const provider = new Provider(issuer, await configurationOf(redirect_uri));
    const others = provider.callback();
    const server = createServer((request, response) => {
      if (request.url!.startsWith('/interaction/')) void interact(provider, request, response);
      else void others(request, response);
    });
    server.keepAliveTimeout = 65_000;
    server.listen(Number(new URL(issuer).port));
    await once(server, 'listening');
    return new IdentityProviderServer(issuer, server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

async function configurationOf(redirect_uri: string): Promise<Configuration> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [redirect_uri] }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a key for the cookies of the provider'] },
    claims: { openid: ['sub'], profile: ['name', 'groups'], email: ['email', 'email_verified'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, ...PEOPLE[accountId as PersonName] }),
    }),
    // Nobody is asked for consent.
    async loadExistingGrant({ oidc }) {
      const { client, session, provider } = oidc;
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  };
}

/** `?as=ada` signs Ada in, `?as=nobody` cancels; without it there is a page that asks. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const as = new URL(request.url!, provider.issuer).searchParams.get('as');
  if (as === null) {
    const links = [...Object.keys(PEOPLE), 'nobody'].map((name) => `<a href="?as=${name}">I am ${name}</a>`);
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Who?</title>${links.join(' ')}`,
    );
    return;
  }
  const result = as === 'nobody' ? { error: 'access_denied' } : { login: { accountId: as } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}
