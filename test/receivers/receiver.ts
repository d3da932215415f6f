import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
}

/** A real receiver of webhooks on this machine. It answers 204, unless somebody says otherwise. */
export class Receiver {
  readonly received: Received[] = [];
  /** Answers in place of the usual one; false leaves that to it. */
  answers: (received: Received, response: ServerResponse) => boolean = () => false;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const one = { path: request.url ?? '', headers: request.headers, body, at: Date.now() };
        receiver.received.push(one);
        if (!receiver.answers(one, response)) response.writeHead(204).end();
      });
    });
    const receiver = new Receiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Answers with a status from now on; null for the usual one. */
  answer(status: number | null, headers: Record<string, string> = {}): void {
    this.answers = (_received, response) => {
      if (status === null) return false;
      response.writeHead(status, headers).end('no');
      return true;
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
