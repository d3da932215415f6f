import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { RulesetDocument } from '../../../src/assignment/document.js';

export interface SentEvent {
  event_id: string;
  type: string;
  unit_id: string;
  timestamp: string;
  value?: number;
  properties?: Record<string, unknown>;
  experiment_id?: string;
  variant?: string;
}

/** Writes a response. */
type Responder = (response: ServerResponse) => void;

/** The part of Rampart's API that the SDKs use, with every kind of trouble on demand. */
export class FakeServer {
  /** For how many seconds it has not heard of changes. */
  ageS = 0;
  snapshot: RulesetDocument;
  /** Flags of the bulk evaluation. */
  flags: Record<string, unknown>[] = [];
  /** Whether the bulk evaluation offers a stream. */
  offersStream = true;
  inactivityDelaySec: number | undefined;
  /** Responses instead of the usual ones. */
  trouble: { snapshot?: Responder; bulk?: Responder; events?: Responder; stream?: Responder } = {};
  /** Requests in order, as `GET /path?query`. */
  readonly requests: { line: string; headers: IncomingMessage['headers'] }[] = [];
  /** The contexts of bulk evaluations. */
  readonly contexts: Record<string, unknown>[] = [];
  /** The accepted events of each batch. */
  readonly bodies: SentEvent[][] = [];
  rejects: (event: SentEvent) => { code: string; message: string } | null = () => null;
  readonly streams = new Set<ServerResponse>();
  private tokens = 0;
  private readonly usedTokens = new Set<string>();
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private port = 0;
  private readonly calls = {
    snapshot: this.sendSnapshot.bind(this),
    bulk: this.sendBulkEvaluation.bind(this),
    stream: this.openStream.bind(this),
    events: this.takeEvents.bind(this),
  };

  constructor(snapshot: RulesetDocument) {
    this.snapshot = snapshot;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Every event that was accepted, without duplicates. */
  get events(): SentEvent[] {
    return [...new Map(this.bodies.flat().map((event) => [event.event_id, event])).values()];
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => void this.respond(request, response));
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  /** Breaks all connections; `start` opens the same port again. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
    this.streams.clear();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** Announces a change on the streams. */
  announce(data: unknown = { type: 'refetchEvaluation', revision: this.snapshot.revision }): void {
    for (const stream of this.streams) stream.write(`data: ${JSON.stringify(data)}\n\n`);
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    // Browsers require this of a server of another origin.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-None-Match');
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Retry-After');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    this.requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const body = await read(request);
    const call = CALLS[`${request.method} ${url.pathname}`];
    if (!call) return void response.writeHead(404).end();
    const isAuthorised = request.headers.authorization === 'Bearer key' || this.acceptsToken(url);
    if (!isAuthorised) return status(401, { code: 'unauthenticated', detail: 'no such key' })(response);
    const trouble = this.trouble[call];
    if (trouble) return trouble(response);
    this.calls[call](request, response, body);
  }

  /** A token is good for one connection. */
  private acceptsToken(url: URL): boolean {
    const token = url.searchParams.get('token');
    if (token === null || this.usedTokens.has(token)) return false;
    this.usedTokens.add(token);
    return true;
  }

  private sendSnapshot(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Age', this.ageS);
    respondWithETag(request, response, JSON.stringify(this.snapshot), `"${hash(this.snapshot)}"`);
  }

  private sendBulkEvaluation(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { context } = JSON.parse(body) as { context: Record<string, unknown> };
    this.contexts.push(context);
    const etag = `"${hash([this.flags, context])}"`;
    const requestUri = `/v1/stream?token=${(this.tokens += 1)}`;
    const { inactivityDelaySec } = this;
    const eventStreams = [
      { type: 'smoke', url: 'https://example.com/signals' },
      { type: 'sse', endpoint: { requestUri }, inactivityDelaySec },
    ];
    const evaluation = { flags: this.flags, metadata: {}, ...(this.offersStream && { eventStreams }) };
    respondWithETag(request, response, JSON.stringify(evaluation), etag);
  }

  private openStream(_request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    // An EventSource that reconnects by itself does so soon.
    response.write('retry: 50\n\n: hello\n\n');
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  private takeEvents(_request: IncomingMessage, response: ServerResponse, body: string): void {
    const events = JSON.parse(body) as SentEvent[];
    const rejected = events.flatMap((event, index) => {
      const reason = this.rejects(event);
      return reason ? [{ index, ...reason }] : [];
    });
    const known = new Set(this.events.map(({ event_id }) => event_id));
    const taken = events.filter((event) => !this.rejects(event));
    const duplicates = taken.filter(({ event_id }) => known.has(event_id)).length;
    this.bodies.push(taken);
    status(202, { accepted: taken.length - duplicates, duplicates, rejected })(response);
  }
}

const CALLS: Record<string, 'snapshot' | 'bulk' | 'stream' | 'events'> = {
  'GET /v1/snapshot': 'snapshot',
  'GET /v1/stream': 'stream',
  'POST /v1/events': 'events',
  'POST /ofrep/v1/evaluate/flags': 'bulk',
};

/** Responds with JSON; a string is sent as it is. */
export function status(code: number, body: unknown, headers: Record<string, string> = {}): Responder {
  return (response) => {
    response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Does not respond at all. */
export const silence: Responder = () => undefined;

function respondWithETag(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  etag: string,
): void {
  response.setHeader('ETag', etag);
  if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
  else status(200, body)(response);
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
