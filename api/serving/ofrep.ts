import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { evaluate, type CompiledFlag, type Evaluation } from '../../src/assignment/flag.js';
import { problemOf, RampartError } from '../../src/errors.js';
import { isPlainText } from '../../src/model/id.js';
import type { Snapshot } from '../../src/serving/snapshot.js';

// OpenFeature Remote Evaluation Protocol 0.3.

type ErrorCode = 'PARSE_ERROR' | 'INVALID_CONTEXT' | 'TARGETING_KEY_MISSING' | 'FLAG_NOT_FOUND' | 'GENERAL';

class OfrepError extends Error {
  constructor(
    readonly status: number,
    readonly errorCode: ErrorCode,
    details: string,
    readonly key?: string,
  ) {
    super(details);
  }
}

interface Request {
  body: string;
  headers: IncomingHttpHeaders;
  response: ServerResponse;
  snapshot: Snapshot;
}

interface EvaluationContext {
  unit_id: string | null;
  attributes: Record<string, unknown>;
}

/** One flag. */
export function evaluateOne({ body, response, snapshot }: Request, key: string, stale: boolean): void {
  const { unit_id, attributes } = contextOf(body, key);
  const flag = snapshot.flags.get(key);
  if (!flag) throw new OfrepError(404, 'FLAG_NOT_FOUND', `no flag ${key}`, key);
  const evaluation = evaluate(flag, unit_id, attributes, stale);
  if (!evaluation) throw keyMissing(key);
  send(response, 200, success(flag, snapshot, evaluation));
}

/** Every flag, with an ETag over the context and what is served. */
export function evaluateAll({ body, headers, response, snapshot }: Request, stale: boolean): void {
  const { unit_id, attributes } = contextOf(body);
  const etag = `"${createHash('sha256').update(`${snapshot.revision}\n${stale}\n${body}`).digest('base64url').slice(0, 27)}"`;
  response.setHeader('ETag', etag);
  if (matches(headers['if-none-match'], etag)) {
    response.writeHead(304).end();
    return;
  }
  const flags: string[] = [];
  for (const flag of snapshot.flags.values()) {
    const evaluation = evaluate(flag, unit_id, attributes, stale);
    flags.push(evaluation ? success(flag, snapshot, evaluation) : errorJson(keyMissing(flag.flag_id)));
  }
  send(response, 200, `{"flags":[${flags.join(',')}],"metadata":{"revision":${snapshot.revision}}}`);
}

function success(
  { flag_id }: CompiledFlag,
  snapshot: Snapshot,
  { outcome, reason, experiment }: Evaluation,
): string {
  const metadata = experiment
    ? `{"experiment_id":${JSON.stringify(experiment.experiment.experiment_id)},` +
      `"variant":${JSON.stringify(experiment.assignment.variant)},` +
      `"in_experiment":${experiment.assignment.in_experiment},` +
      `"revision":${snapshot.experiments.get(experiment.experiment.experiment_id)?.revision ?? 0}}`
    : `{"revision":${snapshot.revision}}`;
  return (
    `{"key":${JSON.stringify(flag_id)},"value":${outcome.json},"reason":"${reason}",` +
    `"variant":${JSON.stringify(outcome.variant)},"metadata":${metadata}}`
  );
}

function contextOf(body: string, key?: string): EvaluationContext {
  let value: unknown;
  try {
    value = body === '' ? {} : JSON.parse(body);
  } catch {
    throw new OfrepError(400, 'PARSE_ERROR', 'the body is not JSON', key);
  }
  const invalid = (details: string): OfrepError => new OfrepError(400, 'INVALID_CONTEXT', details, key);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('the body must be an object');
  const { context = {} } = value as { context?: unknown };
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    throw invalid('context must be an object');
  }
  const { targetingKey } = context as { targetingKey?: unknown };
  if (targetingKey === undefined || targetingKey === null || targetingKey === '') {
    return { unit_id: null, attributes: context as Record<string, unknown> };
  }
  if (typeof targetingKey !== 'string' || !isPlainText(targetingKey, 256)) {
    throw invalid('targetingKey must be 1 to 256 bytes of UTF-8 without control characters');
  }
  return { unit_id: targetingKey, attributes: context as Record<string, unknown> };
}

function keyMissing(key: string): OfrepError {
  return new OfrepError(
    400,
    'TARGETING_KEY_MISSING',
    'this flag splits units: send context.targetingKey',
    key,
  );
}

/** Weak comparison over the list (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

/** Answers an error in OFREP's shape. */
export function ofrepError(response: ServerResponse, error: unknown): void {
  if (error instanceof OfrepError) {
    send(response, error.status, errorJson(error));
    return;
  }
  const { status, detail, retry_after } = problemOf(error);
  if (typeof retry_after === 'number') response.setHeader('Retry-After', retry_after);
  const isBody = error instanceof RampartError && (status === 413 || status === 415);
  send(
    response,
    status,
    JSON.stringify({ errorCode: isBody ? 'PARSE_ERROR' : 'GENERAL', errorDetails: detail }),
  );
}

function errorJson({ key, errorCode, message }: OfrepError): string {
  return JSON.stringify({ ...(key !== undefined && { key }), errorCode, errorDetails: message });
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
