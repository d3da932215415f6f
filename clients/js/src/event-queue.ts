import { backoff } from './backoff.js';
import type { OutgoingEvent } from './event.js';
import { RequestError, unexpectedResponse, type HttpClient } from './http-client.js';
import type { Logger } from './logger.js';
import { later, pause } from './timer.js';
import { Trouble } from './trouble.js';

export interface EventQueueOptions {
  client: HttpClient;
  logger: Logger;
  flushIntervalMs: number;
  /** Maximum number of events kept, including those in flight. */
  maxQueuedEvents: number;
  /** Maximum size of a request's body. */
  maxBytes: number;
  /** Whether requests outlive the page. */
  keepalive: boolean;
}

interface QueuedEvent {
  json: string;
  bytes: number;
  onDrop: (() => void) | undefined;
}

const MAX_BATCH = 1_000;
const RETRY = { first: 1_000, max: 30_000 };
const RETRY_AT_CLOSE_MS = 100;
/** Statuses that mean the server will never accept the batch as it is. After any other, it is sent again. */
const FINAL = new Set([400, 413, 415, 422]);
const encoder = new TextEncoder();

/**
 * Sends events to the server in batches. A batch that was not accepted is sent again with the same ids, so the server counts
 * each event once. When the queue is full, the oldest events are dropped and counted.
 */
export class EventQueue {
  /** Events that were never delivered: dropped from a full queue or at the end, or rejected with their batch. */
  dropped = 0;
  private queued: QueuedEvent[] = [];
  private inFlight = 0;
  private batchSize = MAX_BATCH;
  private failures = 0;
  private flushing: Promise<void> | null = null;
  private cancelTimer: (() => void) | null = null;
  private closing: Promise<void> | null = null;
  private readonly abort = new AbortController();
  private readonly trouble: Trouble;
  private readonly overflow: Trouble;

  constructor(private readonly options: EventQueueOptions) {
    const { logger } = options;
    this.trouble = new Trouble({
      logger,
      began: 'events cannot be delivered, and will be sent again',
      ended: 'events are delivered again',
    });
    this.overflow = new Trouble({
      logger,
      began: 'the oldest events are dropped',
      ended: 'events are no longer dropped',
    });
  }

  /** Never waits and never throws. `onDrop` is called if the event is given up. */
  add(event: OutgoingEvent, onDrop?: () => void): void {
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
    this.queued.push(item);
    this.makeRoom();
    if (this.failures > 0 || this.flushing) return;
    if (this.queued.length >= this.batchSize) void this.flush();
    else this.flushIn(this.options.flushIntervalMs);
  }

  /** Sends what is queued. Resolves when it was accepted, or when an attempt failed. */
  flush(): Promise<void> {
    this.flushing ??= this.sendQueued().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  /** Sends what is queued without waiting for what is in flight: for a page that may end now. */
  flushBeforeEnd(): void {
    const batch = this.nextBatch();
    if (batch.length > 0) void this.send(batch).then((retryMs) => retryMs !== null && this.flushIn(retryMs));
  }

  /** Sends what is queued, within `timeoutMs`. What is left then is dropped, counted and logged. */
  close(timeoutMs: number): Promise<void> {
    return (this.closing ??= this.drain(timeoutMs));
  }

  private async sendQueued(): Promise<void> {
    this.stopTimer();
    // Events added meanwhile wait for the next flush, unless they fill a batch.
    let due = this.queued.length;
    while (due > 0) {
      const batch = this.nextBatch();
      const retryMs = await this.send(batch);
      if (retryMs !== null) return this.flushIn(retryMs);
      due = Math.max(due - batch.length, this.queued.length >= this.batchSize ? this.batchSize : 0);
    }
    if (this.queued.length > 0) this.flushIn(this.options.flushIntervalMs);
  }

  private async drain(timeoutMs: number): Promise<void> {
    this.stopTimer();
    const { signal } = this.abort;
    void pause(timeoutMs, signal).then(() => this.abort.abort());
    while (!signal.aborted && (this.flushing || this.queued.length > 0)) {
      await this.flush();
      if (this.queued.length > 0) await pause(RETRY_AT_CLOSE_MS, signal);
    }
    this.abort.abort();
    if (this.queued.length === 0) return;
    const reason = this.trouble.message ?? `they could not be sent within ${timeoutMs} ms`;
    this.options.logger.warn(`events dropped: ${this.queued.length} (${reason})`);
    this.drop(this.queued.splice(0));
  }

  /** Takes events off the queue, as many as a request may have. */
  private nextBatch(): QueuedEvent[] {
    let bytes = 2;
    let count = 0;
    for (const item of this.queued) {
      bytes += item.bytes;
      if (count === this.batchSize || bytes > this.options.maxBytes + 2) break;
      count += 1;
    }
    return this.queued.splice(0, count);
  }

  /** Returns null when the batch was accepted or dropped, else after how many milliseconds to try again. */
  private async send(batch: QueuedEvent[]): Promise<number | null> {
    this.inFlight += batch.length;
    const error = await this.post(batch);
    this.inFlight -= batch.length;
    if (!error) {
      this.failures = 0;
      this.batchSize = Math.min(this.batchSize * 2, MAX_BATCH);
      this.trouble.end();
      if (this.queued.length < this.options.maxQueuedEvents / 2) this.overflow.end();
      return null;
    }
    if (error.status === 413 && batch.length > 1) {
      this.batchSize = Math.ceil(batch.length / 2);
      this.queued.unshift(...batch);
      return 0;
    }
    if (error.status !== null && FINAL.has(error.status)) {
      this.options.logger.warn(`events dropped: ${batch.length} (${error.message})`);
      this.drop(batch);
      return null;
    }
    this.queued.unshift(...batch);
    this.makeRoom();
    this.failures += 1;
    if (this.abort.signal.aborted) return 0;
    this.trouble.begin(error.message);
    return Math.max(error.retryAfterMs ?? 0, backoff(this.failures, RETRY));
  }

  /** Returns null when the server has accepted the batch. */
  private async post(batch: readonly QueuedEvent[]): Promise<RequestError | null> {
    const { client, keepalive } = this.options;
    try {
      const response = await client.request('/v1/events', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: `[${batch.map(({ json }) => json).join(',')}]`,
        signal: this.abort.signal,
        ...(keepalive && { keepalive }),
      });
      if (response.status >= 300) return unexpectedResponse(response);
      const rejected = rejectedOf(response.body);
      if (!rejected) return new RequestError('the response is not that of POST /v1/events: check baseUrl');
      if (rejected.length > 0) this.options.logger.warn(describe(rejected, batch.length));
      return null;
    } catch (error) {
      return error instanceof RequestError ? error : new RequestError(String(error));
    }
  }

  private makeRoom(): void {
    const excess = this.queued.length + this.inFlight - this.options.maxQueuedEvents;
    if (excess <= 0) return;
    this.overflow.begin(`more than ${this.options.maxQueuedEvents} are queued`);
    this.drop(this.queued.splice(0, excess));
  }

  private drop(items: readonly QueuedEvent[]): void {
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

interface RejectedEvent {
  code: string;
  message: string;
}

/** Null where the body is not a response of `POST /v1/events`. */
function rejectedOf(body: string): RejectedEvent[] | null {
  try {
    const { accepted, rejected } = JSON.parse(body) as { accepted: unknown; rejected: unknown };
    return typeof accepted === 'number' && Array.isArray(rejected) ? (rejected as RejectedEvent[]) : null;
  } catch {
    return null;
  }
}

function describe(rejected: readonly RejectedEvent[], sent: number): string {
  const byCode = new Map<string, { count: number; message: string }>();
  for (const { code, message } of rejected) {
    byCode.set(code, { count: (byCode.get(code)?.count ?? 0) + 1, message });
  }
  const codes = [...byCode].map(([code, { count, message }]) => `${code} (${count}: ${message})`);
  return `events rejected: ${rejected.length} of ${sent}: ${codes.join(', ')}`;
}
