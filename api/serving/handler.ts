import type { IncomingMessage, ServerResponse } from 'node:http';
import { assign, type Assignment } from '../../src/assignment/experiment.js';
import { failure, problemOf, RampartError, validationFailed, type FieldError } from '../../src/errors.js';
import { isPlainText } from '../../src/model/id.js';
import type { ServedEntry, Snapshot } from '../../src/serving/snapshot.js';
import { authorise, type Action } from '../auth.js';
import type { ApiContext } from '../context.js';
import type { RateLimiter } from '../rate-limit.js';
import { readBody } from './body.js';
import type { ExposureBuffer } from './exposures.js';
import { evaluateAll, evaluateOne, ofrepError } from './ofrep.js';

export interface ServingDependencies extends Pick<
  ApiContext,
  'authenticator' | 'refresher' | 'ingest' | 'logger'
> {
  exposures: ExposureBuffer;
  limiter: RateLimiter;
}

export type ServingHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

const ASSIGNMENT = /^\/v1\/experiments\/([^/]+)\/assignments$/;
const OFREP = '/ofrep/v1/evaluate/flags';

/**
 * The calls that services make thousands of times a second, on node's own server: Express alone would cost more
 * than all they do. Answers whether the request was one of these.
 */
export function createServingHandler(dependencies: ServingDependencies): ServingHandler {
  return (request, response) => {
    const path = pathOf(request.url ?? '/');
    const call = callOf(path, dependencies);
    if (!call) return false;
    if (request.method !== 'POST') return false;
    serve(call, dependencies, request, response).catch((error: unknown) => {
      call.fail(response, error, dependencies);
    });
    return true;
  };
}

interface Request {
  body: string;
  headers: IncomingMessage['headers'];
  response: ServerResponse;
  snapshot: Snapshot;
}

interface Call {
  action: Action;
  /** Content types besides JSON. */
  lines?: boolean;
  run(request: Request): Promise<void> | void;
  fail(response: ServerResponse, error: unknown, dependencies: ServingDependencies): void;
}

function callOf(path: string, dependencies: ServingDependencies): Call | null {
  if (path.startsWith('/ofrep/')) return ofrepCall(path, dependencies);
  if (path === '/v1/assignments') {
    return { action: 'assign', run: (request) => assignAll(request, dependencies), fail: failProblem };
  }
  if (path === '/v1/events') {
    return {
      action: 'ingest',
      lines: true,
      run: (request) => takeEvents(request, dependencies),
      fail: failProblem,
    };
  }
  const match = ASSIGNMENT.exec(path);
  if (!match) return null;
  const id = decode(match[1]!);
  return { action: 'assign', run: (request) => assignOne(request, id, dependencies), fail: failProblem };
}

function ofrepCall(path: string, { refresher }: ServingDependencies): Call | null {
  const stale = (): boolean => refresher.isStale();
  const fail = (response: ServerResponse, error: unknown, dependencies: ServingDependencies): void => {
    logUnknown(error, dependencies);
    ofrepError(response, error);
  };
  if (path === OFREP) {
    return { action: 'evaluate', run: (request) => evaluateAll(request, stale()), fail };
  }
  if (!path.startsWith(`${OFREP}/`)) return null;
  const key = decode(path.slice(OFREP.length + 1));
  return { action: 'evaluate', run: (request) => evaluateOne(request, key, stale()), fail };
}

async function serve(
  call: Call,
  dependencies: ServingDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { authenticator, limiter, refresher } = dependencies;
  const caller = authenticator.authenticate(request.headers);
  authorise(caller, call.action);
  limiter.take(caller.key_id);
  const body = await readBody(request, call.lines ?? false);
  const { snapshot } = refresher;
  if (!snapshot) throw failure('unavailable', 'nothing to serve yet; try again', { retry_after: 1 });
  await call.run({ body, headers: request.headers, response, snapshot });
}

async function takeEvents(
  { body, headers, response }: Request,
  { ingest }: ServingDependencies,
): Promise<void> {
  const isLines = (headers['content-type'] ?? '').startsWith('application/x-ndjson');
  send(response, 202, JSON.stringify(await ingest.request(body, isLines)));
}

interface AssignmentBody {
  unit_id: string;
  attributes: Record<string, unknown>;
  exposure: boolean;
}

function assignOne(
  { body, response, snapshot }: Request,
  id: string,
  { refresher, exposures }: ServingDependencies,
): void {
  const { unit_id, attributes, exposure } = assignmentBody(body, true);
  const entry = snapshot.experiments.get(id);
  if (!entry) throw failure('not_found', `no experiment ${id} has been started`);
  const assignment = assign(entry.compiled, unit_id, attributes, refresher.isStale());
  if (exposure && assignment.in_experiment) exposures.add(id, entry.epoch, assignment.variant, unit_id);
  send(
    response,
    200,
    `{"experiment_id":${JSON.stringify(id)},"unit_id":${JSON.stringify(unit_id)},${present(entry, assignment)}}`,
  );
}

function assignAll({ body, response, snapshot }: Request, { refresher }: ServingDependencies): void {
  const { unit_id, attributes } = assignmentBody(body, false);
  const stale = refresher.isStale();
  const items: string[] = [];
  for (const [id, entry] of snapshot.experiments) {
    if (!entry.compiled.live) continue;
    const assignment = assign(entry.compiled, unit_id, attributes, stale);
    items.push(`{"experiment_id":${JSON.stringify(id)},${present(entry, assignment)}}`);
  }
  send(
    response,
    200,
    `{"unit_id":${JSON.stringify(unit_id)},"revision":${snapshot.revision},"assignments":[${items.join(',')}]}`,
  );
}

function present({ configs, revision }: ServedEntry, { variant, in_experiment, reason }: Assignment): string {
  return (
    `"variant":${JSON.stringify(variant)},"config":${JSON.stringify(configs.get(variant) ?? null)},` +
    `"in_experiment":${in_experiment},"reason":"${reason}","revision":${revision}`
  );
}

function assignmentBody(text: string, takesExposure: boolean): AssignmentBody {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw validationFailed([{ path: '', code: 'invalid_type', message: 'must be an object' }]);
  }
  const fields = value as Record<string, unknown>;
  const { unit_id, attributes = {}, exposure = true } = fields;
  const errors: FieldError[] = [];
  const wrong = (path: string, code: string, message: string): void =>
    void errors.push({ path, code, message });
  const known = takesExposure ? ['unit_id', 'attributes', 'exposure'] : ['unit_id', 'attributes'];
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) wrong(name, 'unknown_field', 'is not a field here');
  }
  if (unit_id === undefined) wrong('unit_id', 'required', 'is missing: the unit to assign');
  else if (typeof unit_id !== 'string') wrong('unit_id', 'invalid_type', 'must be a string');
  else if (!isPlainText(unit_id, 256)) {
    wrong('unit_id', 'invalid_value', 'must be 1 to 256 bytes of UTF-8 without control characters');
  }
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) {
    wrong('attributes', 'invalid_type', 'must be an object');
  }
  if (typeof exposure !== 'boolean') wrong('exposure', 'invalid_type', 'must be true or false');
  if (errors.length > 0) throw validationFailed(errors);
  return { unit_id, attributes, exposure } as AssignmentBody;
}

function parseJson(text: string): unknown {
  if (text === '') throw failure('malformed_json', 'this call takes a JSON body, and none was sent');
  try {
    return JSON.parse(text);
  } catch {
    throw failure('malformed_json', 'the body is not JSON');
  }
}

/** Answers a request on the raw server with a problem document. */
export function failProblem(
  response: ServerResponse,
  error: unknown,
  { logger }: Pick<ServingDependencies, 'logger'>,
): void {
  logUnknown(error, { logger });
  const problem = problemOf(error);
  if (typeof problem['retry_after'] === 'number') response.setHeader('Retry-After', problem['retry_after']);
  send(response, problem.status, JSON.stringify(problem), 'application/problem+json');
}

function logUnknown(error: unknown, { logger }: Pick<ServingDependencies, 'logger'>): void {
  if (!(error instanceof RampartError)) logger.error({ err: error }, 'a serving request failed');
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
