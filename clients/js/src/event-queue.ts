import { backoff } from './backoff.js';
import type { Event } from './event.js';
import { RequestError, unexpected, type HttpClient } from './http-client.js';
import type { Logger } from './logger.js';
import { later, pause } from './timer.js';
import { Trouble } from './trouble.js';

export interface EventQueueOptions {
  client: HttpClient;
  logger: Logger;
  flushIntervalMs: number;
  /** Events that wait at most, those on their way included. */
  maxEvents: number;
  /** Bytes of a request's body at most. */
  maxBytes: number;
  /** Whether requests outlive the page. */
  keepalive: boolean;
}

interface Waiting {
  json: string;
  bytes: number;
  onDrop: (() => void) | undefined;
}

const MOST_IN_BATCH = 1_000;
const RETRY = { first: 1_000, most: 30_000 };
const RETRY_AT_CLOSE_MS = 100;
/** The server says that a batch as it stands will never do; everything else may pass. */
const FINAL = new Set([400, 413, 415, 422]);
const encoder = new TextEncoder();

/**
 * Events on their way to the server, in batches. A batch that was not taken is sent again with the same ids, which the
 * server counts once. When more wait than may, the oldest are dropped and counted.
 */
export class EventQueue {
  /** Events that were never delivered: dropped by overflow or by the end, or refused as a whole. */
  dropped = 0;
  private waiting: Waiting[] = [];
  private onTheWay = 0;
  private batchSize = MOST_IN_BATCH;
  private failures = 0;
  private running: Promise<void> | null = null;
  private cancelTimer: (() => void) | null = null;
  private closing: Promise<void> | null = null;
  private readonly abort = new AbortController();
  private readonly trouble: Trouble;
  private readonly overflow: Trouble;

  constructor(private readonly options: EventQueueOptions) {
    const { logger } = options;
    this.trouble = new Trouble({
      logger,
      began: 'events are not delivered, they are kept and sent again',
      ended: 'events are delivered again',
    });
    this.overflow = new Trouble({
      logger,
      began: 'the oldest events are dropped',
      ended: 'no events are dropped any more',
    });
  }

  /** Never waits and never throws. `onDrop` is called if the event has to be given up. */
  add(event: Event, onDrop?: () => void): void {
    const json = JSON.stringify(event);
    const item = { json, bytes: encoder.encode(json).length + 1, onDrop };
    if (this.closing) {
      this.drop([item]);
      return;
    }
    if (item.bytes > this.options.maxBytes) {
      this.options.logger.warn(
        `an event of type ${event.type} is dropped: it is larger than ${this.options.maxBytes} bytes`,
      );
      this.drop([item]);
      return;
    }
    this.waiting.push(item);
    this.makeRoom();
    if (this.failures > 0 || this.running) return;
    if (this.waiting.length >= this.batchSize) void this.flush();
    else this.flushIn(this.options.flushIntervalMs);
  }

  /** Sends what waits. Resolves when it was taken, or when the server did not take it. */
  flush(): Promise<void> {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Sends what waits without waiting for what is on its way: for a page that may end now. */
  flushBeforeEnd(): void {
    const batch = this.take();
    if (batch.length > 0) void this.send(batch).then((retryMs) => retryMs !== null && this.flushIn(retryMs));
  }

  /** Sends what waits, in at most `timeoutMs`; what is left then is dropped, counted and told. */
  close(timeoutMs: number): Promise<void> {
    return (this.closing ??= this.drain(timeoutMs));
  }

  private async run(): Promise<void> {
    this.stopTimer();
    // What comes meanwhile waits for its own time, unless it fills a batch.
    let due = this.waiting.length;
    while (due > 0) {
      const batch = this.take();
      const retryMs = await this.send(batch);
      if (retryMs !== null) return this.flushIn(retryMs);
      due = Math.max(due - batch.length, this.waiting.length >= this.batchSize ? this.batchSize : 0);
    }
    if (this.waiting.length > 0) this.flushIn(this.options.flushIntervalMs);
  }

  private async drain(timeoutMs: number): Promise<void> {
    this.stopTimer();
    const { signal } = this.abort;
    void pause(timeoutMs, signal).then(() => this.abort.abort());
    while (!signal.aborted && (this.running || this.waiting.length > 0)) {
      await this.flush();
      if (this.waiting.length > 0) await pause(RETRY_AT_CLOSE_MS, signal);
    }
    this.abort.abort();
    if (this.waiting.length === 0) return;
    const why = this.trouble.message ?? `they could not be sent within ${timeoutMs} ms`;
    this.options.logger.warn(`events dropped: ${this.waiting.length} (${why})`);
    this.drop(this.waiting.splice(0));
  }

  private take(): Waiting[] {
    let bytes = 2;
    let count = 0;
    for (const item of this.waiting) {
      bytes += item.bytes;
      if (count === this.batchSize || bytes > this.options.maxBytes + 2) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  /** Answers null when the batch is done with, else after how many milliseconds to try again. */
  private async send(batch: Waiting[]): Promise<number | null> {
    this.onTheWay += batch.length;
    const error = await this.post(batch);
    this.onTheWay -= batch.length;
    if (!error) {
      this.failures = 0;
      this.batchSize = Math.min(this.batchSize * 2, MOST_IN_BATCH);
      this.trouble.end();
      if (this.waiting.length < this.options.maxEvents / 2) this.overflow.end();
      return null;
    }
    if (error.status === 413 && batch.length > 1) {
      this.batchSize = Math.ceil(batch.length / 2);
      this.waiting.unshift(...batch);
      return 0;
    }
    if (error.status !== null && FINAL.has(error.status)) {
      this.options.logger.warn(`events dropped: ${batch.length} (${error.message})`);
      this.drop(batch);
      return null;
    }
    this.waiting.unshift(...batch);
    this.makeRoom();
    this.failures += 1;
    if (this.abort.signal.aborted) return 0;
    this.trouble.begin(error.message);
    return Math.max(error.retryAfterMs ?? 0, backoff(this.failures, RETRY));
  }

  /** Answers null when the server has the batch. */
  private async post(batch: readonly Waiting[]): Promise<RequestError | null> {
    const { client, keepalive } = this.options;
    try {
      const answer = await client.request('/v1/events', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: `[${batch.map(({ json }) => json).join(',')}]`,
        signal: this.abort.signal,
        ...(keepalive && { keepalive }),
      });
      if (answer.status >= 300) return unexpected(answer);
      const rejected = rejectedOf(answer.body);
      if (!rejected) return new RequestError('the answer is not that of an event intake: check baseUrl');
      if (rejected.length > 0) this.options.logger.warn(describe(rejected, batch.length));
      return null;
    } catch (error) {
      return error instanceof RequestError ? error : new RequestError(String(error));
    }
  }

  private makeRoom(): void {
    const excess = this.waiting.length + this.onTheWay - this.options.maxEvents;
    if (excess <= 0) return;
    this.overflow.begin(`more than ${this.options.maxEvents} wait`);
    this.drop(this.waiting.splice(0, excess));
  }

  private drop(items: readonly Waiting[]): void {
    this.dropped += items.length;
    for (const { onDrop } of items) onDrop?.();
  }

  private flushIn(ms: number): void {
    if (!this.closing) this.cancelTimer ??= later(ms, () => void this.flush());
  }

  private stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }
}

interface Rejected {
  code: string;
  message: string;
}

/** Null where the answer is not one of `POST /v1/events`. */
function rejectedOf(body: string): Rejected[] | null {
  try {
    const { accepted, rejected } = JSON.parse(body) as { accepted: unknown; rejected: unknown };
    return typeof accepted === 'number' && Array.isArray(rejected) ? (rejected as Rejected[]) : null;
  } catch {
    return null;
  }
}

function describe(rejected: readonly Rejected[], sent: number): string {
  const byCode = new Map<string, { count: number; message: string }>();
  for (const { code, message } of rejected) {
    byCode.set(code, { count: (byCode.get(code)?.count ?? 0) + 1, message });
  }
  const codes = [...byCode].map(([code, { count, message }]) => `${code} (${count}: ${message})`);
  return `events rejected: ${rejected.length} of ${sent}: ${codes.join(', ')}`;
}
