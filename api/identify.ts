import type { IncomingMessage } from 'node:http';
import type { Caller } from './auth.js';
import type { ApiContext } from './context.js';
import type { Signed } from './session/sessions.js';

/**
 * Who calls: by a key, or from a page of the dashboard by its session.
 *
 * @throws {RampartError} unauthenticated, forbidden, rate_limited
 */
export function identify(
  { authenticator, sessions }: Pick<ApiContext, 'authenticator' | 'sessions'>,
  request: IncomingMessage,
): { caller: Caller; session: Signed | null } {
  if (!sessions.isFromPage(request)) return { caller: authenticator.authenticate(request), session: null };
  const session = sessions.of(request);
  return { caller: session.caller, session };
}
