import type { ServerResponse } from 'node:http';
import type { EvaluationError } from '../../src/assignment/evaluation.js';
import type { Moment } from '../../src/assignment/experiment.js';
import { evaluate } from '../../src/assignment/flag.js';
import { fnv32a } from '../../src/assignment/hash.js';
import { problemOf, RampartError } from '../../src/errors.js';
import { isUnitId, UNIT_ID_RULE } from '../../src/model/id.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import { answer, isNamed } from './answer.js';

// OpenFeature Remote Evaluation Protocol 0.3.

type ErrorCode = 'PARSE_ERROR' | 'INVALID_CONTEXT' | 'GENERAL' | EvaluationError;

/** An error that OFREP has a code for. */
export class OfrepError extends Error {
  constructor(
    readonly status: number,
    readonly errorCode: ErrorCode,
    details: string,
    readonly key?: string,
  ) {
    super(details);
  }
}

interface EvaluationContext {
  unit_id: string | null;
  attributes: Record<string, unknown>;
}

/** One flag. */
export function evaluateOne(
  response: ServerResponse,
  body: string,
  key: string,
  { ruleset }: ServingSnapshot,
  moment: Moment,
): void {
  const { unit_id, attributes } = contextOf(body, key);
  const evaluation = ruleset.evaluate(key, unit_id, attributes, moment);
  if (typeof evaluation === 'string') throw notEvaluated(evaluation, key);
  answer(response, 200, evaluation.text);
}

/** Every flag, with an ETag over the request, the served revision and the period of the schedules. */
export function evaluateAll(
  response: ServerResponse,
  body: string,
  ifNoneMatch: string | undefined,
  { ruleset, revision }: ServingSnapshot,
  moment: Moment,
  streamUri: () => string,
): void {
  const { unit_id, attributes } = contextOf(body);
  const served = `${revision} ${moment.stale} ${ruleset.period(moment.now)}\n`;
  // Two 32-bit hashes with different seeds make 64 bits.
  const etag = `"${hexadecimal(fnv32a(body, fnv32a(served)))}${hexadecimal(fnv32a(served, fnv32a(body)))}"`;
  if (isNamed(ifNoneMatch, etag)) {
    response.writeHead(304, ['ETag', etag]).end();
    return;
  }
  let flags = '';
  for (const flag of ruleset.flags.values()) {
    const evaluation = evaluate(flag, unit_id, attributes, moment, ruleset);
    if (flags !== '') flags += ',';
    flags += typeof evaluation === 'string' ? errorJson(notEvaluated(evaluation, flag.key)) : evaluation.text;
  }
  answer(
    response,
    200,
    `{"flags":[${flags}],"metadata":{"revision":${revision}},` +
      `"eventStreams":[{"type":"sse","endpoint":{"requestUri":${JSON.stringify(streamUri())}}}]}`,
    ['ETag', etag],
  );
}

function hexadecimal(number: number): string {
  return number.toString(16).padStart(8, '0');
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
  if (typeof targetingKey !== 'string' || !isUnitId(targetingKey)) {
    throw invalid(`targetingKey ${UNIT_ID_RULE}`);
  }
  return { unit_id: targetingKey, attributes: context as Record<string, unknown> };
}

function notEvaluated(error: EvaluationError, key: string): OfrepError {
  switch (error) {
    case 'FLAG_NOT_FOUND':
      return new OfrepError(404, error, `no flag ${key}`, key);
    case 'TARGETING_KEY_MISSING':
      return new OfrepError(400, error, 'this flag splits units: send context.targetingKey', key);
  }
}

/** Answers an error in OFREP's shape. */
export function ofrepError(response: ServerResponse, error: unknown, key?: string): void {
  if (error instanceof OfrepError) {
    answer(response, error.status, errorJson(error));
    return;
  }
  const { status, detail, retry_after } = problemOf(error);
  // OFREP has no 422: what is wrong with a body is wrong with its context.
  if (status === 422) return ofrepError(response, new OfrepError(400, 'INVALID_CONTEXT', detail, key));
  const isBody = error instanceof RampartError && (status === 413 || status === 415);
  answer(
    response,
    status,
    JSON.stringify({ key, errorCode: isBody ? 'PARSE_ERROR' : 'GENERAL', errorDetails: detail }),
    typeof retry_after === 'number' ? ['Retry-After', String(retry_after)] : [],
  );
}

function errorJson({ key, errorCode, message }: OfrepError): string {
  return JSON.stringify({ ...(key !== undefined && { key }), errorCode, errorDetails: message });
}
