import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { failure, RampartError } from '../../src/errors.js';
import type { SignInRefusal } from '../../src/model/sign-in.js';
import { ruleFor } from '../../src/role-rules.js';
import { parse } from '../../src/validation.js';
import type { ApiContext } from '../context.js';
import { IdentityProvider } from './identity-provider.js';
import { welcome } from './people.js';
import { ownPath, SignInFlows } from './sign-in-flow.js';
import { SignInRefused } from './sign-in-refused.js';

export const OIDC_START = '/auth/oidc/start';
const OIDC_CALLBACK = '/auth/oidc/callback';
/** The parameter of a page in which it is told why a sign-in was refused. */
const REFUSAL = 'sign_in';

const startQuery = z.strictObject({
  return_to: z.string().optional().describe('The page of the dashboard to open then, as a path.'),
});

/** What a browser opens, one after the other, to sign in by an identity provider. */
export const OIDC_CALLS = [
  {
    path: OIDC_START,
    summary: 'Sign in by the identity provider: leads there',
    query: startQuery,
  },
  {
    path: OIDC_CALLBACK,
    summary: 'Where the identity provider leads back to: begins the session, and leads to the page',
    query: null,
  },
] as const;

/** Mounts sign-in by an identity provider. The session that it begins is that of a sign-in with a key. */
export function mountOidc(context: ApiContext): Router {
  const router = Router();
  const { config } = context;
  const { RAMPART_OIDC_ISSUER: issuer, RAMPART_PUBLIC_URL: public_url } = config;
  if (issuer === undefined) {
    router.get([OIDC_START, OIDC_CALLBACK], () => {
      throw failure('not_found', 'people sign in by keys here: RAMPART_OIDC_ISSUER is not set');
    });
    return router;
  }
  const provider = new IdentityProvider({
    issuer,
    client_id: config.RAMPART_OIDC_CLIENT_ID!,
    client_secret: config.RAMPART_OIDC_CLIENT_SECRET,
    scopes: config.RAMPART_OIDC_SCOPES,
    redirect_uri: new URL(OIDC_CALLBACK, public_url).href,
  });
  const parts = { context, provider, flows: new SignInFlows(config.RAMPART_SECRET, public_url) };
  router.get(OIDC_START, (request, response) => start(parts, request, response));
  router.get(OIDC_CALLBACK, (request, response) => finish(parts, request, response));
  return router;
}

/** What a sign-in is made of. */
interface Parts {
  context: ApiContext;
  provider: IdentityProvider;
  flows: SignInFlows;
}

async function start(
  { context, provider, flows }: Parts,
  request: Request,
  response: Response,
): Promise<void> {
  let back = '/';
  try {
    context.authenticator.admitStranger(request);
    const { return_to = '/' } = parse(startQuery, { ...request.query });
    const path = ownPath(return_to);
    if (path === null) throw new SignInRefused('return_to');
    back = path;
    const { address, ...challenge } = await provider.begin();
    response.setHeader('Set-Cookie', flows.begin({ ...challenge, return_to: back }));
    lead(response, address);
  } catch (error) {
    refuse(context, error, back, request, response);
  }
}

async function finish(
  { context, provider, flows }: Parts,
  request: Request,
  response: Response,
): Promise<void> {
  const flow = flows.of(request.headers.cookie);
  try {
    context.authenticator.admitStranger(request);
    // Once, whatever comes of it.
    response.append('Set-Cookie', flows.end());
    if (flow === null) throw new SignInRefused('expired');
    const claims = await provider.finish(queryOf(request), flow);
    const rule = ruleFor(context.config.RAMPART_OIDC_ROLES!, claims);
    if (rule === null) throw new SignInRefused('no_role');
    const person = await welcome(context, claims, rule);
    response.append('Set-Cookie', context.sessions.begin(person).set_cookie);
    context.logger.info({ key_id: person.id, role: person.role }, 'somebody signed in');
    lead(response, flow.return_to);
  } catch (error) {
    refuse(context, error, flow?.return_to ?? '/', request, response);
  }
}

function queryOf({ originalUrl }: Request): string {
  const at = originalUrl.indexOf('?');
  return at === -1 ? '' : originalUrl.slice(at);
}

/** A browser is led back to the sign-in page, which says why; whatever else asks is told so. */
function refuse(
  { logger }: ApiContext,
  error: unknown,
  back: string,
  request: Request,
  response: Response,
): void {
  const refused = refusalIn(error);
  if (refused === null) throw error;
  // Strangers are limited by address, so that they cannot fill the log.
  if (refused.reason !== 'too_many')
    logger.warn({ reason: refused.reason, code: refused.code }, 'a sign-in was refused');
  if (!(request.headers.accept?.includes('text/html') ?? false))
    throw error instanceof RampartError ? error : refused.problem();
  const page = new URL(back, 'https://here.invalid');
  page.searchParams.set(REFUSAL, refused.reason);
  lead(response, page.pathname + page.search + page.hash);
}

/** Errors of the API's own that say the same. */
const REASONS: Record<string, SignInRefusal> = { unavailable: 'away', rate_limited: 'too_many' };

function refusalIn(error: unknown): SignInRefused | null {
  if (error instanceof SignInRefused) return error;
  const reason = error instanceof RampartError ? REASONS[error.code] : undefined;
  return reason === undefined ? null : new SignInRefused(reason);
}

function lead(response: Response, to: string): void {
  response.setHeader('Cache-Control', 'no-store');
  response.redirect(303, to);
}
