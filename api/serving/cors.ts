import type { IncomingMessage, ServerResponse } from 'node:http';

const DAY_S = 86_400;

/**
 * Lets pages of other origins make the calls that client keys may make. Browsers do not send keys by themselves, as they
 * send cookies, so any origin may ask by default.
 */
export class Cors {
  private readonly isForAll: boolean;

  constructor(private readonly origins: readonly string[]) {
    this.isForAll = origins.includes('*');
  }

  /** Marks an answer that a page may read. Services send no Origin, so nothing is done for them. */
  allow({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (origin === undefined || !(this.isForAll || this.origins.includes(origin))) return;
    response.setHeader('Access-Control-Allow-Origin', this.isForAll ? '*' : origin);
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Retry-After, X-Request-Id');
    if (!this.isForAll) response.setHeader('Vary', 'Origin');
  }

  /** Answers what a browser asks before the call itself. */
  preflight(request: IncomingMessage, response: ServerResponse, method: string): void {
    this.allow(request, response);
    response.setHeader('Access-Control-Allow-Methods', method);
    response.setHeader(
      'Access-Control-Allow-Headers',
      'Authorization, X-API-Key, Content-Type, If-None-Match, X-Request-Id',
    );
    response.setHeader('Access-Control-Max-Age', DAY_S);
    response.writeHead(204).end();
  }
}
