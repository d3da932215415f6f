import express, { type RequestHandler } from 'express';
import { failure, validationFailed, type FieldError, type RampartError } from '../src/errors.js';
import { plainJsonErrors } from '../src/model/plain-json.js';
import { LARGEST_BODY } from './serving/body.js';

/** Reads the body of a request: JSON of at most 1 MiB, and nothing that could confuse whoever reads it later. */
export const readJson: readonly RequestHandler[] = [
  assertJson,
  express.json({ limit: LARGEST_BODY, strict: false }),
  assertPlain,
];

function assertJson(
  request: Parameters<RequestHandler>[0],
  _response: unknown,
  next: Parameters<RequestHandler>[2],
): void {
  const length = Number(request.headers['content-length'] ?? 0);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  if (hasBody && !request.is('application/json')) {
    throw failure('unsupported_media_type', 'send application/json');
  }
  next();
}

function assertPlain(
  request: Parameters<RequestHandler>[0],
  _response: unknown,
  next: Parameters<RequestHandler>[2],
): void {
  const errors = plainJsonErrors(request.body as unknown);
  if (errors.length > 0) throw notPlain(errors);
  next();
}

/** The refusal of a body that `plainJsonErrors` complains of. */
export function notPlain(errors: FieldError[]): RampartError {
  const isDeep = errors.some(({ code }) => code === 'too_deep');
  return validationFailed(errors, isDeep ? 'too_deep' : 'validation_failed');
}
