import { changedKeys, INACTIVITY_MS, readAnswers, type Answers } from './answers.js';
import type { AnswerStore } from './answer-store.js';
import { backoff } from './backoff.js';
import { RequestError, unexpected, type HttpClient } from './http-client.js';
import { jsonAttributes } from './json.js';
import type { Logger } from './logger.js';
import { later, pause } from './timer.js';
import { Trouble } from './trouble.js';

export interface AnswerSourceOptions {
  client: HttpClient;
  logger: Logger;
  /** How often to ask for changes where the server tells of none. */
  pollIntervalMs: number;
  /** Keeps answers beyond the page; null where they are not to be kept. */
  store: AnswerStore | null;
  /** The keys of flags that are answered otherwise now, for the same context. */
  onChange: (flags: string[]) => void;
  onTrouble: (message: string) => void;
  onRecovery: () => void;
}

const RETRY = { first: 1_000, most: 30_000 };
/** A stream that held for so long was a good one. */
const STEADY_MS = 10_000;
/** Streams tell of changes by people; that a schedule begins or ends is found by asking. */
const STREAMED_POLL_MS = 60_000;
const HAS_STREAMS = typeof EventSource !== 'undefined';

/** Keeps the server's answers for the page's context, and asks again when it tells of a change. */
export class AnswerSource {
  /** Null before the first ones for this unit. */
  answers: Answers | null = null;
  private context = '{}';
  private unit: string | null = null;
  private etag: string | null = null;
  /** Counts contexts: what was asked for an earlier one is not taken. */
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
  private isDue = false;
  private readonly trouble: Trouble;

  constructor(private readonly options: AnswerSourceOptions) {
    const { logger, onTrouble, onRecovery } = options;
    this.trouble = new Trouble({
      logger,
      began: 'flags are not answered',
      ended: 'flags are answered again',
      onBegin: onTrouble,
      onEnd: onRecovery,
    });
  }

  /** What is wrong now; null where nothing is. */
  get problem(): string | null {
    return this.trouble.message;
  }

  /**
   * Answers for this context from now on. Until they come the earlier ones stand; where they have not come within
   * `timeoutMs`, only if they are for the same unit. Resolves to whether there are any for this unit then.
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
      this.answers = stored;
      void this.refresh();
      return true;
    }
    const { generation } = this;
    await Promise.race([this.refresh(), pause(timeoutMs, this.abort.signal)]);
    if (generation !== this.generation) return false;
    if (this.answers?.unit !== this.unit) this.answers = null;
    if (!this.answers && this.problem === null) this.trouble.begin(`no answer within ${timeoutMs} ms`);
    return this.answers !== null;
  }

  /** The page is hidden: after a while nothing is asked or listened for. */
  hide(): void {
    const delayMs = this.answers?.stream?.inactivityDelayMs ?? INACTIVITY_MS;
    this.cancelInactivity ??= later(delayMs, () => {
      this.isSuspended = true;
      this.disconnect();
      this.cancelTimer?.();
    });
  }

  /** The page is seen again. */
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

  /** Asks the server; where it is being asked already, once more after that. */
  private refresh(): Promise<void> {
    if (this.loading) {
      this.isDue = true;
      return this.loading;
    }
    const loading = this.load().finally(() => {
      if (this.loading !== loading) return;
      this.loading = null;
      if (this.isDue) void this.refresh();
    });
    this.isDue = false;
    this.loading = loading;
    return loading;
  }

  private async load(): Promise<void> {
    const { generation, context, unit } = this;
    this.cancelTimer?.();
    const error = await this.ask(generation, context, unit);
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
      // Where there should be a stream, asking again brings a token for the next one.
      const untilNextMs = this.streamFailures > 0 ? backoff(this.streamFailures, RETRY) : Infinity;
      this.refreshIn(Math.min(untilNextMs, this.options.pollIntervalMs));
    }
  }

  private refreshIn(ms: number): void {
    this.cancelTimer = later(ms, () => void this.refresh());
  }

  /** One bulk evaluation; answers why it failed. */
  private async ask(generation: number, context: string, unit: string | null): Promise<RequestError | null> {
    // A 304 brings no token for the stream: where one is needed, everything is asked for.
    const needsToken = HAS_STREAMS && this.stream === null && this.answers?.stream != null;
    try {
      const answer = await this.options.client.request('/ofrep/v1/evaluate/flags', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(this.etag !== null && !needsToken && { 'If-None-Match': this.etag }),
        },
        body: `{"context":${context}}`,
        signal: this.abort.signal,
      });
      if (generation !== this.generation || this.isClosed) return null;
      if (answer.status === 304 && this.etag !== null) return null;
      if (answer.status !== 200) return unexpected(answer);
      this.take(answer.body, answer.headers.get('etag'), context, unit);
      return null;
    } catch (error) {
      return error instanceof RequestError ? error : new RequestError(String(error));
    }
  }

  private take(body: string, etag: string | null, context: string, unit: string | null): void {
    const { client, store, onChange } = this.options;
    const next = readAnswers(body, unit, new URL(client.url(''), globalThis.location?.href).origin);
    const changed = changedKeys(next, this.answers);
    this.answers = next;
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
      // Something may have changed between the answer that brought the token and now.
      void this.refresh();
    };
    stream.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isRefetch(data)) void this.refresh();
    };
    stream.onerror = () => {
      // It would come back by itself, but with a token that has expired.
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

function isRefetch(data: unknown): boolean {
  try {
    return (JSON.parse(String(data)) as { type?: unknown } | null)?.type === 'refetchEvaluation';
  } catch {
    return false;
  }
}
