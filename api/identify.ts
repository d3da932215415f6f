import type { IncomingMessage } from 'node:http';
import { problemOf } from '../src/errors.js';
import type { Authenticator, Caller } from './auth.js';
import type { ApiContext } from './context.js';
import type { Sessions, Signed } from './session/sessions.js';

/**
 * Who calls: by a key, or from a page of the dashboard by its session.
 *
 * @param alsoFrom origin of another application whose pages may use the session for this call
 * @throws {RampartError} unauthenticated, forbidden, rate_limited
 */
export function identify(
  { authenticator, sessions }: Pick<ApiContext, 'authenticator' | 'sessions'>,
  request: IncomingMessage,
  alsoFrom?: string,
): { caller: Caller; session: Signed | null } {
  if (!sessions.isFromPage(request)) return { caller: authenticator.authenticate(request), session: null };
  const session = sessionOf(request, sessions, authenticator, alsoFrom);
  return { caller: session.caller, session };
}

/** Requests with a session that is none are limited as those with a key that is none. */
function sessionOf(
  request: IncomingMessage,
  sessions: Sessions,
  authenticator: Authenticator,
  alsoFrom: string | undefined,
): Signed {
  try {
    return sessions.of(request, { alsoFrom });
  } catch (error) {
    if (problemOf(error).status === 401) authenticator.admitStranger(request);
    throw error;
  }
}
