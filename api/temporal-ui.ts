import type { RequestHandler } from 'express';

const HOUR_S = '3600';

/**
 * Lets the pages of Temporal's own web application make the calls of the codec, with the session of whoever has signed in to
 * the dashboard. Without an origin no other page may.
 */
export function temporalUi(origin: string | undefined): RequestHandler {
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    if (origin !== undefined && request.headers.origin === origin) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    if (request.method !== 'OPTIONS') return next();
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    response.setHeader(
      'Access-Control-Allow-Headers',
      'Authorization, Authorization-Extras, X-API-Key, Content-Type, X-Namespace',
    );
    response.setHeader('Access-Control-Max-Age', HOUR_S);
    response.status(204).end();
  };
}
