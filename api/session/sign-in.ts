import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { failure } from '../../src/errors.js';
import type { Role } from '../../src/model/key.js';
import type { ApiContext } from '../context.js';
import * as answers from '../schemas/session.js';
import { presentSession } from './present-session.js';
import type { Signed } from './sessions.js';

/** How a session begins and ends. These calls need no key: one of them takes it in its body. */
export interface SignInCall {
  method: 'post' | 'delete';
  path: string;
  summary: string;
  body: z.ZodType | null;
  reply: z.ZodType | null;
  status: 200 | 204;
  handle(request: IncomingMessage, body: unknown): { set_cookie: string; body?: unknown };
}

export function signInCalls(context: ApiContext): SignInCall[] {
  const { authenticator, sessions, logger } = context;
  return [
    {
      method: 'post',
      path: '/v1/session',
      summary: 'Sign in with a key: the session is a cookie that scripts cannot read',
      body: answers.signIn,
      reply: answers.session,
      status: 200,
      handle({ socket }, body) {
        const { key } = body as z.output<typeof answers.signIn>;
        const caller = authenticator.authenticate({ headers: { authorization: `Bearer ${key}` }, socket });
        assertPerson(caller.role);
        const { set_cookie, signed } = sessions.begin({ type: 'key', key_id: caller.key_id });
        logger.info({ key_id: caller.key_id, role: caller.role }, 'somebody signed in');
        return { set_cookie, body: presentSession(context, caller, signed) };
      },
    },
    {
      method: 'delete',
      path: '/v1/session',
      summary: 'Sign out',
      body: null,
      reply: null,
      status: 204,
      handle(request) {
        // A session that has ended already has nothing to protect.
        const signed = sessions.isFromPage(request) ? ownUnlessEnded(context, request) : null;
        if (signed !== null) logger.info({ key_id: signed.caller.key_id }, 'somebody signed out');
        return { set_cookie: sessions.end() };
      },
    },
  ];
}

/** The session, if it has not ended. @throws {RampartError} forbidden where another site's page asks */
function ownUnlessEnded({ sessions }: ApiContext, request: IncomingMessage): Signed | null {
  try {
    return sessions.of(request);
  } catch (error) {
    if ((error as { code?: string }).code !== 'unauthenticated') throw error;
    return null;
  }
}

/** A key that only services use opens no dashboard. @throws {RampartError} forbidden */
function assertPerson(role: Role): void {
  if (role === 'client' || role === 'server')
    throw failure(
      'forbidden',
      `a ${role} key is for services: sign in with a viewer, experimenter, operator or admin key`,
    );
}
