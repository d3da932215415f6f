import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { cannotListen } from '../servers/ports.js';
import type { Running } from './running.js';

/** How long Temporal's own metrics may take, ms. They come from this process. */
const TEMPORAL_MS = 1_000;

/**
 * Serves the metrics of a worker: its own, and those of Temporal's part of it, which come from a port of this machine alone.
 *
 * @throws {StartError} where the port cannot be had
 */
export async function serveMetrics(
  host: string,
  port: number,
  registry: Registry,
  temporal_port: number,
): Promise<Running> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET') return answer(response, 405, 'GET is what is taken here\n');
    if (request.url === '/healthz') return answer(response, 200, 'ok\n');
    if (request.url !== '/metrics') return answer(response, 404, '/metrics and /healthz are all there is\n');
    textOf(registry, temporal_port).then(
      (text) => answer(response, 200, text),
      () => answer(response, 500, 'the metrics could not be read\n'),
    );
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(host, port, error, 'RAMPART_METRICS_PORT');
  });
  return {
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Where Temporal's own are not to be had, the worker's are all the same; that the others lack shows. */
async function textOf(registry: Registry, port: number): Promise<string> {
  const [own, temporal] = await Promise.all([registry.metrics(), temporalText(port)]);
  return temporal === null ? own : `${own}\n${temporal}`;
}

async function temporalText(port: number): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(TEMPORAL_MS);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
}
