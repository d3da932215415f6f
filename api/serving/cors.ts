import type { IncomingMessage, ServerResponse } from 'node:http';

const DAY_S = 86_400;

/**
 * Lets pages of other origins call what client keys may call. Keys come in a header, never by themselves as cookies do, so
 * any origin may ask by default.
 */
export class Cors {
  private readonly isForAll: boolean;

  constructor(private readonly origins: readonly string[]) {
    this.isForAll = origins.includes('*');
  }

  /** Marks the answer to a page that may read it; a service sends no Origin, and nothing is done. */
  allow({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (origin === undefined || !(this.isForAll || this.origins.includes(origin))) return;
    response.setHeader('Access-Control-Allow-Origin', this.isForAll ? '*' : origin);
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Retry-After');
    if (!this.isForAll) response.setHeader('Vary', 'Origin');
  }

  /** What a browser asks before the call itself. */
  preflight(request: IncomingMessage, response: ServerResponse, method: string): void {
    this.allow(request, response);
    response.setHeader('Access-Control-Allow-Methods', method);
    response.setHeader(
      'Access-Control-Allow-Headers',
      'Authorization, X-API-Key, Content-Type, If-None-Match',
    );
    response.setHeader('Access-Control-Max-Age', DAY_S);
    response.writeHead(204).end();
  }
}
