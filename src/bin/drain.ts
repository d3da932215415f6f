import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAST_REQUESTS_MS } from './grace.js';

/**
 * The polite end of an HTTP server. First it says on /readyz that it is not ready, and `Connection: close` in every answer,
 * while it still serves: balancers send their requests elsewhere, and kept connections run out. Then it stops listening.
 */
export class Drain {
  private isDraining = false;

  constructor(private readonly server: Server) {
    const serve = server.listeners('request') as ((
      request: IncomingMessage,
      response: ServerResponse,
    ) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.isDraining) {
        response.shouldKeepAlive = false;
        if (request.url === '/readyz') return notReady(response);
      }
      for (const listener of serve) listener.call(server, request, response);
    });
  }

  /**
   * @param ms how long balancers need to notice
   * @param closeStreams ends answers that would never end by themselves
   */
  async end(ms: number, closeStreams: () => void): Promise<void> {
    this.isDraining = true;
    await sleep(ms);
    closeStreams();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeIdleConnections();
    setTimeout(() => this.server.closeAllConnections(), LAST_REQUESTS_MS).unref();
    await closed;
  }
}

function notReady(response: ServerResponse): void {
  const body = JSON.stringify({ ready: false, reason: 'this process is ending' });
  response.writeHead(503, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body);
}
