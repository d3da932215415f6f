import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { backoff } from './backoff.js';
import { later } from './timer.js';

export interface EventStreamOptions {
  url: string;
  headers: Record<string, string>;
  /** The data of one message. */
  onMessage: (data: string) => void;
}

const RECONNECT = { first: 500, most: 30_000 };
/** Nothing came for so long: the connection may be dead without either end knowing. */
const IDLE_MS = 60_000;
/** A connection that held for so long was a good one. */
const STEADY_MS = 10_000;

/**
 * Server-Sent Events, connected again whenever they break. Not by `fetch`: the socket of an open response can not be
 * unref'ed there, and a process that is done would never end.
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
      // Not the agent's pool: the socket is unref'ed, and must not be lent to anybody else.
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
    // Whatever went wrong: it is closed after that, and polling goes on.
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

/** The longest text kept of a message that has not ended. */
const LONGEST = 1 << 20;

/** Messages of a text/event-stream (HTML Living Standard, 9.2.6), of which only `data` matters here. */
export class MessageParser {
  private rest = '';
  private data: string[] = [];

  constructor(private readonly onMessage: (data: string) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!.slice(0, LONGEST);
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0) this.onMessage(this.data.join('\n'));
      this.data = [];
    } else if (line.startsWith('data:') && this.data.length < 1_000) {
      this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
}
