import type { NextFunction, Request, Response, Router } from 'express';
import { z } from 'zod';
import { failure, problemOf, validationFailed } from '../src/errors.js';
import { judgePatterns } from '../src/operations/judge-patterns.js';
import { parse } from '../src/validation.js';
import { NO_QUERY } from './query.js';
import { authorise, type Caller } from './auth.js';
import { readJson } from './body.js';
import type { ApiContext } from './context.js';
import { authoriseEnvironments } from './environments.js';
import { identify } from './identify.js';
import type { RateLimiter } from './rate-limit.js';
import type { Route } from './route.js';
import type { Signed } from './session/sessions.js';

/** Mounts a route on Express: 401, 403, then what the handler finds, then the answer. */
export function mount(router: Router, context: ApiContext, limiter: RateLimiter, definition: Route): void {
  const path = definition.path.replaceAll(/\{(\w+)\}/g, ':$1');
  // Who may not make the call is told so before anything of its body is read.
  const admit = (request: Request, response: Response, next: NextFunction): void => {
    const locals = response.locals as Required<Locals>;
    locals.route = definition.path;
    Object.assign(locals, identify(context, request, definition.alsoFrom));
    limiter.take(locals.caller.key_id);
    authorise(locals.caller, definition.action);
    next();
  };
  const handle = (request: Request, response: Response, next: NextFunction): void => {
    answer(context, definition, request, response).catch(next);
  };
  router[definition.method](path, admit, ...readJson, handle);
}

/** What is known of a request on its way. */
export interface Locals {
  /** The pattern of its route, for the log: the path itself may name a unit. */
  route?: string;
  caller?: Caller;
  session?: Signed | null;
}

async function answer(
  context: ApiContext,
  definition: Route,
  request: Request,
  response: Response,
): Promise<void> {
  const { caller, session } = response.locals as Required<Locals>;
  await keepToEnvironments(definition, caller, request);
  const idempotency_key = definition.method === 'post' ? idempotencyKey(request) : null;
  const claim =
    idempotency_key === null ? null : await claimKey(context, request, caller, idempotency_key, response);
  if (idempotency_key !== null && claim === null) return;
  try {
    if (definition.body) await judgePatterns(request.body);
    const reply = await definition.handle({
      params: request.params,
      query: parse(definition.query ?? NO_QUERY, { ...request.query }),
      body: bodyOf(definition, request),
      caller,
      session,
      idempotency_key,
    });
    const body = reply.body === undefined ? '' : JSON.stringify(reply.body);
    if (claim !== null) await keepAnswer(context, claim.id, reply.status, body, reply.location);
    send(response, reply.status, body, reply.location);
  } catch (error) {
    if (claim !== null) await keepRefusal(context, claim.id, error);
    throw error;
  }
}

/** What a key may do in its environments. A key without any is not asked for them. @throws {RampartError} forbidden */
async function keepToEnvironments(definition: Route, caller: Caller, request: Request): Promise<void> {
  if (caller.environments === null) return;
  const { params, body } = request as { params: Record<string, string>; body: unknown };
  const concern = await definition.environments({ params, body });
  authoriseEnvironments(caller, definition.method === 'get', concern);
}

/** Of a call that takes none: an empty object is one, too. */
const NO_BODY = z.strictObject({});

/** An answer may have a secret in it, such as a new key, so none is stored in the clear. */
async function keepAnswer(
  { store, sealing, start_id }: ApiContext,
  claim: string,
  status: number,
  body: string,
  location?: string,
): Promise<void> {
  await store.idempotency.answer(claim, start_id, status, await sealing.seal(body), location);
}

/** A refusal is an answer and repeated as such. Where nothing could be done, the key is free again. */
async function keepRefusal(context: ApiContext, claim: string, error: unknown): Promise<void> {
  const problem = problemOf(error);
  if (problem.status >= 500 || problem.status === 429)
    await context.store.idempotency.giveBack(claim, context.start_id);
  else await keepAnswer(context, claim, problem.status, JSON.stringify(problem));
}

function send(response: Response, status: number, body: string, location?: string): void {
  response.status(status);
  if (location !== undefined) response.setHeader('Location', location);
  if (status === 204) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', status < 400 ? 'application/json' : 'application/problem+json');
  response.end(body);
}

function bodyOf(definition: Route, request: Request): unknown {
  let body: unknown = request.body;
  // What is sent and not read would be dropped in silence.
  if (!definition.body) return body === undefined ? undefined : void parse(NO_BODY, body);
  if (body === undefined) {
    if (!definition.bodyOptional)
      throw failure('malformed_json', 'this call takes a JSON body, and none was sent');
    body = {};
  }
  const { identity, readOnly = [] } = definition;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return parse(definition.body, body);
  const fields: Record<string, unknown> = Object.fromEntries(
    Object.entries(body).filter(([field]) => !readOnly.includes(field)),
  );
  if (identity === undefined) return parse(definition.body, fields);
  const id = request.params[identity] as string;
  const given = fields[identity];
  if (given !== undefined && given !== id) {
    throw validationFailed([
      { path: identity, code: 'invalid_value', message: `must be ${id}, as in the path` },
    ]);
  }
  return parse(definition.body, { ...fields, [identity]: id });
}

function idempotencyKey(request: Request): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x20-\x7e]{1,128}$/.test(key)) return key;
  throw validationFailed([
    { path: 'Idempotency-Key', code: 'invalid_value', message: 'must be 1 to 128 printable characters' },
  ]);
}

/** The claim, or null where the first answer was given again. */
async function claimKey(
  context: ApiContext,
  request: Request,
  caller: Caller,
  key: string,
  response: Response,
): Promise<{ id: string } | null> {
  const { hash } = context;
  const id = hash([caller.key_id, request.method, request.path, key].join('\n'));
  const bodyHash = hash(JSON.stringify(request.body ?? null));
  const isGone = async (start_id: string): Promise<boolean> =>
    (await context.store.instances.all()).every((instance) => instance.start_id !== start_id);
  const claim = { _id: id, body_hash: bodyHash, by: context.start_id };
  const held = await context.store.idempotency.claim(claim, Date.now(), isGone);
  if (!held) return { id };
  if (held.body_hash !== bodyHash) {
    throw failure('idempotency_conflict', 'this Idempotency-Key was used with another body: take a new one');
  }
  if (held.status === null || held.answer === undefined) {
    throw failure('conflict', 'the first request with this Idempotency-Key is still under way', {
      retry_after: 1,
    });
  }
  response.setHeader('Idempotent-Replayed', 'true');
  send(response, held.status, context.sealing.open(held.answer), held.location);
  return null;
}
