import { VERSION } from '../../src/version.js';
import { MAY, type Caller } from '../auth.js';
import type { ApiContext } from '../context.js';
import { own } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/session.js';
import type { Holder, Signed } from '../session/sessions.js';

/** Who calls. How a session begins and ends is in api/session. */
export function sessionRoutes(context: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/session',
      action: 'read',
      environments: own,
      tag: 'session',
      summary: 'Who calls, and what they may do; for keys too',
      replies: { 200: answers.session },
      handle({ caller, session }) {
        return Promise.resolve({ status: 200, body: presentSession(context, caller, session) });
      },
    }),
  ];
}

/** @param signed the session, or null where a key was sent */
export function presentSession(
  { config, authenticator }: Pick<ApiContext, 'config' | 'authenticator'>,
  caller: Caller,
  signed: Signed | null,
): answers.SessionAnswer {
  const holder: Holder = signed?.holder ?? { type: 'key', key_id: caller.key_id };
  return {
    actor: {
      type: holder.type,
      id: caller.key_id,
      name: holder.type === 'person' ? holder.name : authenticator.nameOfKey(caller.key_id),
    },
    role: caller.role,
    environments: caller.environments === null ? null : [...caller.environments],
    may: [...MAY[caller.role]],
    csrf: signed?.csrf ?? null,
    environment: config.RAMPART_ENVIRONMENT,
    version: VERSION,
    at: new Date().toISOString(),
    expires_at: signed === null ? null : new Date(signed.expires_at).toISOString(),
    oidc: false,
  };
}
