import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAST_REQUESTS_MS } from './grace.js';

/**
 * The polite end of an HTTP server. First `ending` is aborted, by which /readyz is 503, and every answer says
 * `Connection: close`, while the server still serves: balancers send their requests elsewhere, and kept connections run out.
 * Then it stops listening.
 *
 * @param ms how long balancers need to notice
 * @param closeStreams ends answers that would never end by themselves
 */
export async function drain(
  server: Server,
  ending: AbortController,
  ms: number,
  closeStreams: () => void,
): Promise<void> {
  ending.abort();
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  await sleep(ms);
  closeStreams();
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS).unref();
  await closed;
}
