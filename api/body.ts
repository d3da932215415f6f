import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { failure, validationFailed, type FieldError, type RampartError } from '../src/errors.js';
import { plainJsonErrors } from '../src/model/plain-json.js';
import { LARGEST_BODY } from './serving/body.js';

/** Reads the body of a request: JSON of at most 1 MiB, and nothing that could confuse whoever reads it later. */
export const readJson: readonly RequestHandler[] = [
  assertJson,
  express.json({ limit: LARGEST_BODY, strict: false, verify: noteEmpty }),
  assertPlain,
];

function assertJson(request: Request, _response: Response, next: NextFunction): void {
  const length = Number(request.headers['content-length'] ?? 0);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  if (hasBody && !request.is('application/json')) {
    throw failure('unsupported_media_type', 'send application/json');
  }
  next();
}

/** Express reads no bytes at all as `{}`. They are nothing, and a call that needs a body says so. */
function noteEmpty(_request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  if (bytes.length === 0) (response as Response).locals['isEmpty'] = true;
}

function assertPlain(request: Request, response: Response, next: NextFunction): void {
  if (response.locals['isEmpty'] === true) request.body = undefined;
  const errors = plainJsonErrors(request.body as unknown);
  if (errors.length > 0) throw notPlain(errors);
  next();
}

/** The refusal of a body that `plainJsonErrors` complains of. */
export function notPlain(errors: FieldError[]): RampartError {
  const isDeep = errors.some(({ code }) => code === 'too_deep');
  return validationFailed(errors, isDeep ? 'too_deep' : 'validation_failed');
}
