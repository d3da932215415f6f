import { Router } from 'express';
import { failure } from '../../src/errors.js';
import { parse } from '../../src/validation.js';
import { readJson } from '../body.js';
import { NO_QUERY } from '../query.js';
import type { SignInCall } from './sign-in.js';

/** Mounts the calls by which a session begins and ends. */
export function mountSignIn(calls: readonly SignInCall[]): Router {
  const router = Router();
  for (const call of calls) {
    router[call.method](call.path, ...readJson, (request, response) => {
      parse(NO_QUERY, { ...request.query });
      const given = request.body as unknown;
      if (call.body && given === undefined)
        throw failure('malformed_json', 'this call takes a JSON body, and none was sent');
      const { set_cookie, body } = call.handle(request, call.body ? parse(call.body, given) : undefined);
      response.status(call.status).setHeader('Set-Cookie', set_cookie);
      response.setHeader('Cache-Control', 'no-store');
      if (body === undefined) response.end();
      else response.json(body);
    });
  }
  return router;
}
