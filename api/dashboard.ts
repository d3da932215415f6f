import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Router, type Request, type Response } from 'express';
import staticFiles from 'express-static-gzip';
import type { ApiContext } from './context.js';
import { OIDC_START } from './session/oidc.js';

/** Paths that are the API's, or its documentation's. Every other path without an extension is a page of the dashboard. */
const NOT_PAGES = /^\/(v1|ofrep|docs|auth|assets)(\/|$)|^\/(metrics|healthz|readyz|openapi\.json)$/;
const NONCE = '__NONCE__';
const SIGNED_IN = '__SIGNED_IN__';
const SINGLE_SIGN_ON = '__SINGLE_SIGN_ON__';

/** The dashboard: hashed files that never change, and one page for all paths, whose styles carry a nonce. */
export function dashboard(
  { sessions, config }: Pick<ApiContext, 'sessions' | 'config'>,
  folder = builtDashboard(),
): Router {
  const router = Router();
  const built = folder === null ? null : readFileSync(join(folder, 'index.html'), 'utf8');
  const index = built?.replace(SINGLE_SIGN_ON, singleSignOn(config)) ?? null;
  if (folder !== null) {
    const assets = staticFiles(join(folder, 'assets'), {
      enableBrotli: true,
      orderPreference: ['br'],
      serveStatic: { immutable: true, maxAge: '1y', index: false },
    });
    router.use('/assets', assets);
  }
  // Not a route: Express would answer OPTIONS of every path for it.
  router.use((request, response, next) => {
    if (!isPage(request)) next();
    else if (index === null) response.status(503).type('text').send(NOT_BUILT);
    else sendPage(index.replace(SIGNED_IN, sessions.isFromPage(request) ? 'yes' : 'no'), response);
  });
  return router;
}

/** Where sign-in by the identity provider begins: at the address that the provider leads back to. Empty where there is none. */
function singleSignOn({ RAMPART_OIDC_ISSUER, RAMPART_PUBLIC_URL }: ApiContext['config']): string {
  return RAMPART_OIDC_ISSUER === undefined ? '' : new URL(OIDC_START, RAMPART_PUBLIC_URL).href;
}

/** Whether a browser asks for a page, not a program for data. */
function isPage({ method, path, headers }: Request): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (NOT_PAGES.test(path) || /\.\w+$/.test(path)) return false;
  return headers.accept?.includes('text/html') ?? false;
}

function sendPage(index: string, response: Response): void {
  const nonce = randomBytes(16).toString('base64');
  response.setHeader('Content-Security-Policy', policyOf(nonce));
  response.setHeader('Cache-Control', 'no-store');
  response.type('html').send(index.replaceAll(NONCE, nonce));
}

/** Nothing but the own scripts run, and nothing is asked of other hosts. */
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    `style-src 'self' 'nonce-${nonce}'`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const NOT_BUILT = 'The dashboard was not built: run npm run build.\n';

/** The built dashboard, beside package.json; null where there is none. */
function builtDashboard(): string | null {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
  const built = join(folder, 'dashboard', 'dist');
  return existsSync(join(built, 'index.html')) ? built : null;
}
