import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const SILENT_MS = 600;

/** What becomes of requests: they are passed on, not answered until the connection ends, or it is torn at once. */
export type Passage = 'open' | 'silent' | 'torn';

/**
 * Stands before the server: serves a page from the same origin, so that browsers may ask it, and fails as networks do.
 */
export class Gateway {
  passage: Passage = 'open';
  /** How long each request waits here, in ms. */
  delayMs = 0;
  /** What snapshots are made to say of when they are too old, in ms: the server's own ten minutes are too long here. */
  staleAfterMs: number | null = null;
  private readonly server = createServer((request, response) => void this.take(request, response));

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

  /** Nothing gets through any more, and what is open is torn. */
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

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
    const onward = forward(
      this.target + url!,
      { method, headers },
      (answer) => void this.give(answer, response, url!),
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  private async give(answer: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const { statusCode, headers } = answer;
    answer.on('error', () => response.destroy());
    const isSnapshot = url.startsWith('/v1/snapshot') && statusCode === 200;
    if (this.staleAfterMs === null || !isSnapshot) {
      response.writeHead(statusCode!, headers);
      answer.pipe(response);
      return;
    }
    const snapshot = JSON.parse((await buffer(answer)).toString()) as object;
    const body = JSON.stringify({ ...snapshot, stale_after_ms: this.staleAfterMs });
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }
}
