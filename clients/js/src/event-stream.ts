import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { backoff } from './backoff.js';
import { MessageParser } from './message-parser.js';
import { later } from './timer.js';

export interface EventStreamOptions {
  url: string;
  headers: Record<string, string>;
  /** Receives the data of each message. */
  onMessage: (data: string) => void;
}

const RECONNECT = { first: 500, max: 30_000 };
/** After this long without data the connection may be dead without either end knowing. */
const IDLE_MS = 60_000;
/** A connection that lasted this long counts as a success: the backoff starts over. */
const STEADY_MS = 10_000;

/**
 * Server-Sent Events, reconnected whenever the connection breaks. Not with `fetch`, which cannot unref the socket of an open
 * response: the process would never end.
 */
export class EventStream {
  private request: ClientRequest | null = null;
  private cancelTimer: (() => void) | null = null;
  private failures = 0;
  private isClosed = false;

  constructor(private readonly options: EventStreamOptions) {}

  connect(): void {
    if (this.isClosed) return;
    const { url, headers } = this.options;
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
      headers: { ...headers, Accept: 'text/event-stream' },
      // Not from the agent's pool: the socket is unref'ed, and no other request may use it.
      agent: false,
      timeout: IDLE_MS,
    });
    this.request = request;
    let openedAt = Infinity;
    request.on('socket', (socket) => socket.unref());
    request.on('timeout', () => request.destroy());
    request.on('response', (response) => {
      openedAt = performance.now();
      this.read(response);
    });
    // An error is followed by `close`; meanwhile polling goes on.
    request.on('error', () => undefined);
    request.on('close', () => this.reconnect(performance.now() - openedAt > STEADY_MS));
    request.end();
  }

  close(): void {
    this.isClosed = true;
    this.cancelTimer?.();
    this.request?.destroy();
  }

  private reconnect(wasSteady: boolean): void {
    if (this.isClosed) return;
    this.failures = wasSteady ? 1 : this.failures + 1;
    this.cancelTimer = later(backoff(this.failures, RECONNECT), () => this.connect());
  }

  private read(response: IncomingMessage): void {
    const isStream = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
    if (response.statusCode !== 200 || !isStream) {
      response.destroy();
      return;
    }
    const parser = new MessageParser(this.options.onMessage);
    response.setEncoding('utf8');
    response.on('data', (text: string) => parser.push(text));
    response.on('error', () => undefined);
  }
}
