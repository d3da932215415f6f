import type { ServerResponse } from 'node:http';

const JSON_TYPE = 'application/json';

/** Answers are for one caller and one moment: nobody keeps them, nor guesses what they are. */
const ALWAYS = ['Cache-Control', 'private, no-cache', 'X-Content-Type-Options', 'nosniff'];

/** Answers on the raw server. @param more further headers: name, value, name, value … */
export function answer(
  response: ServerResponse,
  status: number,
  body: string,
  more: readonly string[] = [],
  type = JSON_TYPE,
): void {
  if (response.headersSent) return;
  response.writeHead(status, [
    'Content-Type',
    type,
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...ALWAYS,
    ...more,
  ]);
  response.end(body);
}

/** Weak comparison over the list (RFC 9110, 13.1.2). */
export function isNamed(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}
