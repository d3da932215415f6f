import { backoff } from './backoff.js';
import type { BulkEvaluationStore } from './bulk-evaluation-store.js';
import { changedKeys, INACTIVITY_MS, readBulkEvaluation, type BulkEvaluation } from './bulk-evaluation.js';
import { RequestError, unexpectedResponse, type HttpClient } from './http-client.js';
import { jsonAttributes } from './json.js';
import type { Logger } from './logger.js';
import { isRefetchMessage } from './refetch-message.js';
import { later, pause } from './timer.js';
import { Trouble } from './trouble.js';

export interface BulkEvaluationSourceOptions {
  client: HttpClient;
  logger: Logger;
  /** How often to ask for changes where the server offers no stream. */
  pollIntervalMs: number;
  /** Keeps the evaluation for the next page; null where it should not be kept. */
  store: BulkEvaluationStore | null;
  /** Called with the keys of flags whose evaluation has changed, for the same context. */
  onChange: (flags: string[]) => void;
  onTrouble: (message: string) => void;
  onRecovery: () => void;
}

const RETRY = { first: 1_000, max: 30_000 };
/** A stream that lasted this long counts as a success: the backoff starts over. */
const STEADY_MS = 10_000;
/** Polling beside a stream, which announces people's changes but not the begin and end of schedules. */
const STREAMED_POLL_MS = 60_000;
const HAS_STREAMS = typeof EventSource !== 'undefined';

/** Keeps the server's evaluation of all flags for the page's context, and asks again when the server announces a change. */
export class BulkEvaluationSource {
  /** Null until the first one for this unit. */
  evaluation: BulkEvaluation | null = null;
  private context = '{}';
  private unit: string | null = null;
  private etag: string | null = null;
  /** Counts contexts: a response for an earlier one is ignored. */
  private generation = 0;
  private abort = new AbortController();
  private failures = 0;
  private streamFailures = 0;
  private stream: EventSource | null = null;
  private cancelTimer: (() => void) | null = null;
  private cancelInactivity: (() => void) | null = null;
  private isSuspended = false;
  private isClosed = false;
  private loading: Promise<void> | null = null;
  private isRefreshDue = false;
  private readonly trouble: Trouble;

  constructor(private readonly options: BulkEvaluationSourceOptions) {
    const { logger, onTrouble, onRecovery } = options;
    this.trouble = new Trouble({
      logger,
      began: 'flags cannot be fetched',
      ended: 'flags can be fetched again',
      onBegin: onTrouble,
      onEnd: onRecovery,
    });
  }

  /** The current problem; null while there is none. */
  get problem(): string | null {
    return this.trouble.message;
  }

  /**
   * From now on evaluates for this context. Until the response comes the previous evaluation stays; after `timeoutMs` only if
   * it is for the same unit. Resolves to whether there is an evaluation for this unit then.
   */
  async setContext(attributes: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<boolean> {
    this.context = JSON.stringify(jsonAttributes(attributes));
    const { targetingKey } = attributes;
    this.unit = typeof targetingKey === 'string' && targetingKey !== '' ? targetingKey : null;
    this.generation += 1;
    this.abort.abort();
    this.abort = new AbortController();
    this.etag = null;
    this.loading = null;
    const stored = this.options.store?.read(this.context, this.unit) ?? null;
    if (stored) {
      this.evaluation = stored;
      void this.refresh();
      return true;
    }
    const { generation } = this;
    await Promise.race([this.refresh(), pause(timeoutMs, this.abort.signal)]);
    if (generation !== this.generation) return false;
    if (this.evaluation?.unit !== this.unit) this.evaluation = null;
    if (!this.evaluation && this.problem === null) this.trouble.begin(`no response within ${timeoutMs} ms`);
    return this.evaluation !== null;
  }

  /** The page is hidden: after a while the source stops polling and listening. */
  hide(): void {
    const delayMs = this.evaluation?.stream?.inactivityDelayMs ?? INACTIVITY_MS;
    this.cancelInactivity ??= later(delayMs, () => {
      this.isSuspended = true;
      this.disconnect();
      this.cancelTimer?.();
    });
  }

  /** The page is visible again. */
  show(): void {
    this.cancelInactivity?.();
    this.cancelInactivity = null;
    if (!this.isSuspended) return;
    this.isSuspended = false;
    void this.refresh();
  }

  close(): void {
    this.isClosed = true;
    this.abort.abort();
    this.disconnect();
    this.cancelTimer?.();
    this.cancelInactivity?.();
  }

  /** Asks the server; once more afterwards where a request is under way already. */
  private refresh(): Promise<void> {
    if (this.loading) {
      this.isRefreshDue = true;
      return this.loading;
    }
    const loading = this.load().finally(() => {
      if (this.loading !== loading) return;
      this.loading = null;
      if (this.isRefreshDue) void this.refresh();
    });
    this.isRefreshDue = false;
    this.loading = loading;
    return loading;
  }

  private async load(): Promise<void> {
    const { generation, context, unit } = this;
    this.cancelTimer?.();
    const error = await this.fetchEvaluation(generation, context, unit);
    if (generation !== this.generation || this.isClosed) return;
    this.failures = error ? this.failures + 1 : 0;
    if (error) this.trouble.begin(error.message);
    else this.trouble.end();
    if (!this.isSuspended) this.schedule(error);
  }

  private schedule(error: RequestError | null): void {
    if (error) this.refreshIn(Math.max(error.retryAfterMs ?? 0, backoff(this.failures, RETRY)));
    else if (this.stream) this.refreshIn(Math.max(STREAMED_POLL_MS, this.options.pollIntervalMs));
    else {
      // Where a stream has failed, asking again brings a token for the next one.
      const untilNextMs = this.streamFailures > 0 ? backoff(this.streamFailures, RETRY) : Infinity;
      this.refreshIn(Math.min(untilNextMs, this.options.pollIntervalMs));
    }
  }

  private refreshIn(ms: number): void {
    this.cancelTimer = later(ms, () => void this.refresh());
  }

  /** Makes one request; returns why it failed. */
  private async fetchEvaluation(
    generation: number,
    context: string,
    unit: string | null,
  ): Promise<RequestError | null> {
    // A 304 has no token for the stream: where one is needed, the request must not be conditional.
    const needsToken = HAS_STREAMS && this.stream === null && this.evaluation?.stream != null;
    try {
      const response = await this.options.client.request('/ofrep/v1/evaluate/flags', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(this.etag !== null && !needsToken && { 'If-None-Match': this.etag }),
        },
        body: `{"context":${context}}`,
        signal: this.abort.signal,
      });
      if (generation !== this.generation || this.isClosed) return null;
      if (response.status === 304 && this.etag !== null) return null;
      if (response.status !== 200) return unexpectedResponse(response);
      this.apply(response.body, response.headers.get('etag'), context, unit);
      return null;
    } catch (error) {
      return error instanceof RequestError ? error : new RequestError(String(error));
    }
  }

  private apply(body: string, etag: string | null, context: string, unit: string | null): void {
    const { client, store, onChange } = this.options;
    const next = readBulkEvaluation(body, unit, new URL(client.url(''), globalThis.location?.href).origin);
    const changed = changedKeys(next, this.evaluation);
    this.evaluation = next;
    this.etag = etag;
    store?.write(context, body);
    if (changed.length > 0) onChange(changed);
    if (HAS_STREAMS && next.stream && !this.stream && !this.isSuspended) this.connect(next.stream.url);
  }

  private connect(url: string): void {
    const stream = new EventSource(url);
    let openedAt = Infinity;
    stream.onopen = () => {
      openedAt = performance.now();
      // Something may have changed since the response that brought the token.
      void this.refresh();
    };
    stream.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isRefetchMessage(data)) void this.refresh();
    };
    stream.onerror = () => {
      // An EventSource would reconnect by itself, but its token may have expired by then.
      stream.close();
      if (this.stream !== stream) return;
      this.stream = null;
      this.streamFailures = performance.now() - openedAt > STEADY_MS ? 1 : this.streamFailures + 1;
      if (!this.loading) {
        this.cancelTimer?.();
        this.schedule(null);
      }
    };
    this.stream = stream;
  }

  private disconnect(): void {
    this.stream?.close();
    this.stream = null;
  }
}
