import type { IncomingMessage } from 'node:http';
import { failure, type RampartError } from '../../src/errors.js';

export const LARGEST_BODY = 1024 * 1024;

/**
 * Hands the body of a request as text to `take`, or the reason why there is none to `refuse`: unsupported_media_type,
 * too_large. It takes callbacks because a promise would cost too much in calls made thousands of times a second.
 *
 * @param lines whether NDJSON is accepted, too
 */
export function readBody(
  request: IncomingMessage,
  lines: boolean,
  take: (text: string) => void,
  refuse: (error: RampartError) => void,
): void {
  const { headers } = request;
  const type = headers['content-type'];
  const length = headers['content-length'] === undefined ? 0 : Number(headers['content-length']);
  if (length > LARGEST_BODY) return refuse(tooLarge());
  if ((type !== undefined || length > 0) && !isTaken(type, lines)) {
    const types = `application/json${lines ? ' or application/x-ndjson' : ''}`;
    return refuse(failure('unsupported_media_type', `send ${types}`));
  }
  let first: Buffer | null = null;
  let more: Buffer[] | null = null;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_BODY) more = null;
    else if (!first) first = chunk;
    else (more ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (size > LARGEST_BODY) refuse(tooLarge());
    else if (more) take(Buffer.concat(more).toString());
    else take(first ? first.toString() : '');
  });
}

function tooLarge(): RampartError {
  return failure('too_large', 'the body is larger than 1 MiB');
}

function isTaken(type: string | undefined, lines: boolean): boolean {
  if (type === 'application/json') return true;
  if (type === undefined) return false;
  return /^application\/json *(;|$)/i.test(type) || (lines && isNdjson(type));
}

/** Whether a body is one JSON value a line. */
export function isNdjson(type: string | undefined): boolean {
  return type !== undefined && /^application\/x-ndjson *(;|$)/i.test(type);
}
