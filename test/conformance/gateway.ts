import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const SILENT_MS = 600;

/** What the gateway does with requests: passes them on, does not respond, or breaks the connection at once. */
export type Passage = 'open' | 'silent' | 'torn';

/** A proxy in front of the server. It serves the test page from the same origin, and can fail as networks do. */
export class Gateway {
  passage: Passage = 'open';
  /** How long each request is delayed, in ms. */
  delayMs = 0;
  /** Replaces `stale_after_ms` of snapshots: the server's ten minutes are too long for tests. */
  staleAfterMs: number | null = null;
  private readonly server = createServer((request, response) => void this.handle(request, response));

  private constructor(
    private readonly target: string,
    private readonly files: ReadonlyMap<string, { type: string; body: string }>,
  ) {}

  static async start(
    target: string,
    files: ReadonlyMap<string, { type: string; body: string }>,
  ): Promise<Gateway> {
    const gateway = new Gateway(target, files);
    gateway.server.listen(0, '127.0.0.1');
    await once(gateway.server, 'listening');
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections, and every later one. */
  tear(): void {
    this.passage = 'torn';
    this.server.closeAllConnections();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = this.files.get(request.url!);
    if (file) {
      response.writeHead(200, { 'Content-Type': file.type }).end(file.body);
      return;
    }
    if (this.passage !== 'open') {
      setTimeout(() => request.socket.destroy(), this.passage === 'torn' ? 0 : SILENT_MS);
      return;
    }
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const { method, headers, url } = request;
    const forwarded = forward(
      this.target + url!,
      { method, headers },
      (upstream) => void this.respond(upstream, response, url!),
    );
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  }

  private async respond(upstream: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const { statusCode, headers } = upstream;
    upstream.on('error', () => response.destroy());
    const isSnapshot = url.startsWith('/v1/snapshot') && statusCode === 200;
    if (this.staleAfterMs === null || !isSnapshot) {
      response.writeHead(statusCode!, headers);
      upstream.pipe(response);
      return;
    }
    const snapshot = JSON.parse((await buffer(upstream)).toString()) as object;
    const body = JSON.stringify({ ...snapshot, stale_after_ms: this.staleAfterMs });
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }
}
