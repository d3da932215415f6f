import type { ApiContext } from '../context.js';
import { own } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/session.js';
import { presentSession } from '../session/present-session.js';

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
