import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Moment } from '../../src/assignment/experiment.js';
import { failure, problemOf, RampartError } from '../../src/errors.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import { authorise, authoriseEnvironment, type Action, type Caller } from '../auth.js';
import type { ApiContext } from '../context.js';
import type { RateLimiter } from '../rate-limit.js';
import { answer } from './answer.js';
import { Cors } from './cors.js';
import { assignAll, assignOne } from './assignments.js';
import { readBody } from './body.js';
import type { ExposureBuffer } from '../../src/ingest/exposures.js';
import { evaluateAll, evaluateOne, OfrepError, ofrepError } from './ofrep.js';
import type { Snapshots } from './snapshots.js';

export interface ServingDependencies extends Pick<
  ApiContext,
  'authenticator' | 'config' | 'refresher' | 'ingest' | 'logger' | 'streams' | 'tokens'
> {
  exposures: ExposureBuffer;
  limiter: RateLimiter;
  snapshots: Snapshots;
}

export type ServingHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A request of one of the serving calls, allowed and with its body read. */
interface ServingRequest {
  /** What the path names: a flag or an experiment; empty where it names nothing. */
  id: string;
  query: string;
  headers: IncomingMessage['headers'];
  body: string;
  response: ServerResponse;
  snapshot: ServingSnapshot;
  moment: Moment;
  caller: Caller;
}

interface Call {
  method: 'GET' | 'POST';
  action: Action;
  /** Pages of other origins may make it. */
  fromPages?: boolean;
  /** NDJSON is taken besides JSON. */
  lines?: boolean;
  /** A token in the query takes the place of a key. */
  byToken?: boolean;
  run(request: ServingRequest): Promise<void> | void;
  fail(response: ServerResponse, error: unknown, id: string): void;
}

const FLAGS = '/ofrep/v1/evaluate/flags';
const FLAG = `${FLAGS}/`;
const ASSIGNMENT = /^\/v1\/experiments\/([^/]+)\/assignments$/;

/**
 * The calls that services make thousands of times a second, on node's own server: Express alone would cost more
 * than all they do. Answers whether the request was one of these.
 */
export function createServingHandler(dependencies: ServingDependencies): ServingHandler {
  const { authenticator, limiter, refresher, config } = dependencies;
  const calls = createCalls(dependencies);
  const cors = new Cors(config.RAMPART_CORS_ORIGINS);

  function route(path: string): [Call, id: string] | null {
    if (path.startsWith(FLAG)) return [calls.flag, decode(path.slice(FLAG.length))];
    const call = calls.byPath[path];
    if (call) return [call, ''];
    const match = ASSIGNMENT.exec(path);
    return match ? [calls.assignment, decode(match[1]!)] : null;
  }

  function serve(
    call: Call,
    id: string,
    query: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const fail = (error: unknown): void => call.fail(response, error, id);
    let caller: Caller;
    try {
      caller = authenticator.authenticate(request.headers, call.byToken ? query : '');
      authorise(caller, call.action);
      authoriseEnvironment(caller, config.RAMPART_ENVIRONMENT);
      limiter.take(caller.key_id);
    } catch (error) {
      return fail(error);
    }
    const take = (body: string): void => {
      const { snapshot } = refresher;
      if (!snapshot)
        return fail(failure('unavailable', 'nothing to serve yet; try again', { retry_after: 1 }));
      try {
        const moment = { now: Date.now(), stale: refresher.isStale() };
        const { headers } = request;
        call.run({ id, query, headers, body, response, snapshot, moment, caller })?.catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    if (call.method === 'GET') take('');
    else readBody(request, call.lines ?? false, take, fail);
  }

  return (request, response) => {
    const url = request.url!;
    const mark = url.indexOf('?');
    const found = route(mark === -1 ? url : url.slice(0, mark));
    if (!found) return false;
    const [call, id] = found;
    if (call.fromPages && request.method === 'OPTIONS') {
      cors.preflight(request, response, call.method);
      return true;
    }
    if (call.method !== request.method) return false;
    if (call.fromPages) cors.allow(request, response);
    serve(call, id, mark === -1 ? '' : url.slice(mark + 1), request, response);
    return true;
  };
}

function createCalls({
  ingest,
  exposures,
  snapshots,
  streams,
  tokens,
  refresher,
  logger,
}: ServingDependencies) {
  const noted = (error: unknown): void => {
    const isExpected = error instanceof RampartError || error instanceof OfrepError;
    if (!isExpected) logger.error({ err: error }, 'a serving request failed');
  };
  const fail = (response: ServerResponse, error: unknown): void => {
    noted(error);
    failProblem(response, error);
  };
  const failOfrep = (response: ServerResponse, error: unknown, id: string): void => {
    noted(error);
    ofrepError(response, error, id === '' ? undefined : id);
  };
  const evaluation = { method: 'POST', action: 'evaluate', fromPages: true, fail: failOfrep } as const;
  const assignment = { method: 'POST', action: 'assign', fail } as const;
  const flag: Call = {
    ...evaluation,
    run: ({ response, body, id, snapshot, moment }) => evaluateOne(response, body, id, snapshot, moment),
  };
  const byPath: Partial<Record<string, Call>> = {
    [FLAGS]: {
      ...evaluation,
      run: ({ response, body, headers, snapshot, moment, caller }) =>
        evaluateAll(
          response,
          body,
          headers['if-none-match'],
          snapshot,
          moment,
          () => `/v1/stream?token=${tokens.issue(caller.key_id)}`,
        ),
    },
    '/v1/assignments': {
      ...assignment,
      run: ({ response, body, snapshot, moment }) => assignAll(response, body, snapshot, moment),
    },
    '/v1/events': {
      method: 'POST',
      action: 'ingest',
      fromPages: true,
      lines: true,
      fail,
      run: async ({ response, body, headers }) => {
        const isLines = (headers['content-type'] ?? '').startsWith('application/x-ndjson');
        answer(response, 202, JSON.stringify(await ingest.request(body, isLines)));
      },
    },
    '/v1/snapshot': {
      method: 'GET',
      action: 'snapshot',
      fail,
      run: ({ response, query, headers, snapshot }) =>
        snapshots.serve(
          response,
          new URLSearchParams(query),
          headers['if-none-match'],
          snapshot,
          refresher.age(),
        ),
    },
    '/v1/stream': {
      method: 'GET',
      action: 'stream',
      fromPages: true,
      byToken: true,
      fail,
      run: ({ response, snapshot, caller }) => streams.add(response, caller.key_id, snapshot.revision),
    },
  };
  return {
    flag,
    assignment: {
      ...assignment,
      run: ({ response, body, id, snapshot, moment }: ServingRequest) =>
        assignOne(response, body, id, snapshot, moment, exposures),
    } satisfies Call,
    byPath,
  };
}

/** Answers a request on the raw server with a problem document. */
export function failProblem(response: ServerResponse, error: unknown): void {
  const problem = problemOf(error);
  const { retry_after } = problem;
  const more = typeof retry_after === 'number' ? ['Retry-After', String(retry_after)] : [];
  answer(response, problem.status, JSON.stringify(problem), more, 'application/problem+json');
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
