import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'X-Request-Id';

/** Bounded, and of letters that neither a log nor a header can misread; an address of e-mail is none. */
const WELL_FORMED = /^[A-Za-z0-9._~+/=:-]{1,128}$/;

const made = new WeakMap<IncomingMessage, string>();

/**
 * By what a request is found again in answers and logs: what its sender calls it, where that is well formed, and else a new
 * name, which stays the same for as long as the request lasts.
 */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && WELL_FORMED.test(given)) return given;
  const known = made.get(request);
  if (known !== undefined) return known;
  const id = randomUUID();
  made.set(request, id);
  return id;
}
