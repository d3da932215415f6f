import type { IncomingMessage, ServerResponse } from 'node:http';
import { failure, RampartError, type FieldError } from '../../src/errors.js';
import { mayBeOdd, plainJsonErrors } from '../../src/model/plain-json.js';
import { parse } from '../../src/validation.js';
import { authorise, type Caller } from '../auth.js';
import { notPlain } from '../body.js';
import type { ApiContext } from '../context.js';
import { authoriseEnvironments } from '../environments.js';
import type { RateLimiter } from '../rate-limit.js';
import { isRefusal } from '../refusals.js';
import { requestIdOf } from '../request-id.js';
import { isNdjson, readBody } from './body.js';
import type { ServingCall } from './calls.js';
import { Cors } from './cors.js';
import type { CallMeter, ServingMeter } from './serving-meter.js';

export type ServingHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Serves the calls of the table on node's own server: Express alone would cost more than all that they do. Returns
 * whether the request was one of them.
 */
export function createServingHandler(
  calls: readonly ServingCall[],
  context: Pick<ApiContext, 'authenticator' | 'config' | 'refresher' | 'refusals'>,
  limiter: RateLimiter,
  meter: Pick<ServingMeter, 'of'>,
): ServingHandler {
  const route = routerOf(calls.map((call) => ({ call, meter: meter.of(call.path) })));
  const cors = new Cors(context.config.RAMPART_CORS_ORIGINS);
  const serve = servingBy(context, limiter);

  return (request, response) => {
    const url = request.url!;
    const mark = url.indexOf('?');
    const found = route(mark === -1 ? url : url.slice(0, mark));
    if (!found) return false;
    const [metered, id] = found;
    const { call } = metered;
    if (call.fromPages && request.method === 'OPTIONS') {
      cors.preflight(request, response, call.method);
      return true;
    }
    if (call.method !== request.method) return false;
    if (call.fromPages) cors.allow(request, response);
    serve(metered, id, mark === -1 ? '' : url.slice(mark + 1), request, response);
    return true;
  };
}

type Serve = (
  found: Metered,
  id: string,
  query: string,
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/** Admits a request, reads it, has its call run, and counts what became of it. */
function servingBy(
  context: Pick<ApiContext, 'authenticator' | 'config' | 'refresher' | 'refusals'>,
  limiter: RateLimiter,
): Serve {
  const { refresher } = context;
  const admit = admittance(context);
  return ({ call, meter: own }, id, query, request, response) => {
    const began = performance.now();
    const fail = (error: unknown): void => {
      call.fail(response, error, id);
      own.failed(error);
      own.answered(response.statusCode, began);
    };
    let caller: Caller;
    let parameters: unknown = null;
    try {
      caller = admit(call, query, request);
      limiter.take(caller.key_id);
      if (query !== '' && call.query) parameters = parse(call.query, parametersOf(query));
    } catch (error) {
      return fail(error);
    }
    const take = (body: string): void => {
      const { snapshot } = refresher;
      if (!snapshot)
        return fail(failure('unavailable', 'nothing to serve yet; try again', { retry_after: 1 }));
      try {
        assertPlainText(body, isNdjson(request.headers['content-type']));
        const moment = { now: Date.now(), stale: refresher.isStale() };
        const { headers } = request;
        const served = { id, query: parameters, headers, body, response, snapshot, moment, caller };
        const running = call.run(served);
        if (!running) own.answered(response.statusCode, began);
        else running.then(() => own.answered(response.statusCode, began), fail);
      } catch (error) {
        fail(error);
      }
    };
    if (call.method === 'GET') take('');
    else readBody(request, call.lines ?? false, take, fail);
  };
}

type Admit = (call: ServingCall, query: string, request: IncomingMessage) => Caller;

/** Who may make a call. Whoever may not is noted. */
function admittance({
  authenticator,
  config,
  refusals,
}: Pick<ApiContext, 'authenticator' | 'config' | 'refusals'>): Admit {
  /** All serving calls are about what this process serves. */
  const environment = [config.RAMPART_ENVIRONMENT];
  return ({ method, path: route, action, byToken }, query, request) => {
    let caller: Caller | undefined;
    try {
      caller = authenticator.authenticate(request, byToken ? query : '');
      authorise(caller, action);
      authoriseEnvironments(caller, false, environment);
      return caller;
    } catch (error) {
      const { key_id } = caller ?? {};
      const address = request.socket.remoteAddress;
      if (error instanceof RampartError && isRefusal(error))
        refusals.note({
          ...{ code: error.code, method, route, key_id, address, request_id: requestIdOf(request) },
        });
      throw error;
    }
  };
}

/** The parameters of a query. One that comes twice is a list, which no schema takes. */
function parametersOf(query: string): Record<string, string | string[]> {
  const all = new URLSearchParams(query);
  const entries = [...all.keys()].map((name) => {
    const values = all.getAll(name);
    return [name, values.length === 1 ? values[0]! : values] as const;
  });
  return Object.fromEntries(entries);
}

/** As the management API has it of its bodies. @throws {RampartError} too_deep, validation_failed */
function assertPlainText(body: string, isLines: boolean): void {
  if (!mayBeOdd(body)) return;
  const errors = isLines
    ? body.split('\n').flatMap((line, index) => oddIn(line, `${index}`))
    : oddIn(body, '');
  if (errors.length > 0) throw notPlain(errors);
}

/** What is not JSON at all is for the call to refuse. */
function oddIn(text: string, at: string): FieldError[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return plainJsonErrors(value, false).map((error) => ({
    ...error,
    path: [at, error.path].filter((part) => part !== '').join('.'),
  }));
}

interface Metered {
  call: ServingCall;
  meter: CallMeter;
}

type Router = (path: string) => [found: Metered, id: string] | null;

/** Finds the call of a path: those with a parameter by what stands before and after it, the others by name. */
function routerOf(calls: readonly Metered[]): Router {
  const byPath = new Map<string, Metered>();
  const byParts: { before: string; after: string; found: Metered }[] = [];
  for (const found of calls) {
    const { path } = found.call;
    const [before, after] = path.split(/\{\w+\}/);
    if (after === undefined) byPath.set(path, found);
    else byParts.push({ before: before!, after, found });
  }
  return (path) => {
    for (const { before, after, found } of byParts) {
      if (!path.startsWith(before) || !path.endsWith(after)) continue;
      const id = path.slice(before.length, path.length - after.length);
      // A parameter in the middle of a path is one segment of it.
      if (after === '' || (id !== '' && !id.includes('/'))) return [found, decode(id)];
    }
    const found = byPath.get(path);
    return found ? [found, ''] : null;
  };
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
