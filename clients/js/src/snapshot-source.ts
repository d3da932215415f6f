import { RequestError, unexpected, type HttpClient } from './http-client.js';
import type { Logger } from './logger.js';
import { changedFlags, readRuleset, SnapshotError, type Ruleset } from './ruleset.js';
import { EventStream } from './event-stream.js';
import { later, pause } from './timer.js';
import { Trouble } from './trouble.js';

export interface SnapshotSourceOptions {
  client: HttpClient;
  logger: Logger;
  pollIntervalMs: number;
  /** Whether to be told of changes, besides asking for them. */
  stream: boolean;
  /** Another snapshot is served now: the keys of flags that may give something else. */
  onChange: (flags: string[]) => void;
  /** The server does not answer as it should. */
  onTrouble: (message: string) => void;
  /** It does again. */
  onRecovery: () => void;
  /** The snapshot is too old for experiments now. */
  onStale: () => void;
}

/**
 * How long an older revision than the one that is served is refused. A process of the server may lag by a second or
 * two, and what it still says must not undo a rollback; after a restore of the database the older one is the truth.
 */
const OLDER_GRACE_MS = 10_000;
/** A process that has not heard of changes for this long is cut off: what is older there is no news. */
const CUT_OFF_MS = 3_000;

/** Keeps the server's snapshot: asks for it again and again, and at once when the stream tells of a change. */
export class SnapshotSource {
  /** What is served; null before the first snapshot. */
  ruleset: Ruleset | null = null;
  /** Resolves with the first snapshot. */
  readonly first: Promise<void>;
  private resolveFirst!: () => void;
  private readonly trouble: Trouble;
  private readonly stream: EventStream | null;
  /** Unique to this process and new at each start: with it the server knows who serves what. */
  private readonly instanceId = `js-${crypto.randomUUID()}`;
  private etag: string | null = null;
  /** When the last good answer was asked for, by the monotonic clock. */
  private askedAt = -Infinity;
  private olderSince: number | null = null;
  private isToldStale = false;
  private isPolling = false;
  private isDue = false;
  private isStarted = false;
  private cancelTimer: (() => void) | null = null;
  private readonly closed = new AbortController();

  constructor(private readonly options: SnapshotSourceOptions) {
    const { client, logger, onTrouble, onRecovery } = options;
    this.first = new Promise((resolve) => (this.resolveFirst = resolve));
    this.trouble = new Trouble({
      logger,
      began: 'the snapshot is not answered',
      ended: 'the snapshot is answered again',
      onBegin: onTrouble,
      onEnd: onRecovery,
    });
    this.stream = options.stream
      ? new EventStream({
          url: client.url('/v1/stream'),
          headers: client.authorization,
          onMessage: (data) => this.onMessage(data),
        })
      : null;
  }

  /** What is wrong now; null where nothing is. */
  get problem(): string | null {
    return this.trouble.message;
  }

  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.refresh();
    this.stream?.connect();
  }

  /** Whether the last good answer was asked for too long ago. */
  isStale(): boolean {
    return this.ruleset !== null && performance.now() - this.askedAt > this.ruleset.document.stale_after_ms;
  }

  /** Says that there is no snapshot yet, where nothing else is known to be wrong. */
  reportMissing(message: string): void {
    if (this.problem === null) this.trouble.begin(message);
  }

  /** Stops, and tells the server that this process serves no longer, in at most `timeoutMs`. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.closed.abort();
    this.cancelTimer?.();
    this.stream?.close();
    if (!this.isStarted) return;
    const query = new URLSearchParams({ ...this.identity(), closing: 'true' });
    const done = new AbortController();
    const request = this.options.client.request(`/v1/snapshot?${query}`, { signal: done.signal });
    // Where it does not arrive, the server finds out by itself.
    await Promise.race([request.catch(() => undefined), pause(timeoutMs, done.signal)]);
    done.abort();
  }

  private onMessage(data: string): void {
    try {
      const message = JSON.parse(data) as { type?: unknown } | null;
      if (message?.type === 'refetchEvaluation') this.refresh();
    } catch {
      // Not one of ours; polling finds whatever it wanted to say.
    }
  }

  private refresh(): void {
    this.isDue = true;
    if (!this.isPolling) void this.poll();
  }

  private async poll(): Promise<void> {
    this.cancelTimer?.();
    this.isPolling = true;
    let waitMs = this.options.pollIntervalMs;
    let isOver = false;
    while (this.isDue && !this.closed.signal.aborted) {
      this.isDue = false;
      const { revision } = this.ruleset ?? {};
      const error = await this.ask();
      if (this.closed.signal.aborted) break;
      if (error) {
        this.trouble.begin(error.message);
        if (error instanceof RequestError) waitMs = Math.max(waitMs, error.retryAfterMs ?? 0);
        break;
      }
      isOver ||= this.problem !== null;
      this.trouble.end();
      // Obeying counts from when it is told, and that is with the next request.
      if (this.ruleset?.revision !== revision) await this.ask();
    }
    this.tellStale(isOver);
    this.isPolling = false;
    if (!this.closed.signal.aborted) this.cancelTimer = later(waitMs, () => this.refresh());
  }

  /** One request; answers why it failed. */
  private async ask(): Promise<Error | null> {
    const askedAt = performance.now();
    try {
      const answer = await this.options.client.request(
        `/v1/snapshot?${new URLSearchParams(this.identity())}`,
        {
          ...(this.etag !== null && { headers: { 'If-None-Match': this.etag } }),
          signal: this.closed.signal,
        },
      );
      const ageMs = ageOf(answer.headers);
      if (answer.status === 200) {
        if (!this.take(answer.body, answer.headers.get('etag'), ageMs)) return null;
      } else if (answer.status === 304 && this.ruleset) this.olderSince = null;
      else return unexpected(answer);
      this.askedAt = askedAt - ageMs;
      return null;
    } catch (error) {
      return error instanceof RequestError || error instanceof SnapshotError
        ? error
        : new Error(String(error));
    }
  }

  /** Whether it was taken. */
  private take(body: string, etag: string | null, ageMs: number): boolean {
    const before = this.ruleset;
    const next = readRuleset(body, before);
    if (before && next.revision < before.revision && this.isToBeRefused(ageMs)) return false;
    this.olderSince = null;
    this.ruleset = next;
    this.etag = etag;
    const { logger, onChange } = this.options;
    for (const { id, message } of next.broken) logger.warn(`${id} is not served: ${message}`);
    if (before) {
      const flags = changedFlags(next, before);
      if (flags.length > 0) onChange(flags);
    } else this.resolveFirst();
    return true;
  }

  private isToBeRefused(ageMs: number): boolean {
    if (ageMs > CUT_OFF_MS) return true;
    this.olderSince ??= performance.now();
    return performance.now() - this.olderSince < OLDER_GRACE_MS;
  }

  /** @param isTold that all is well again, for a trouble is over */
  private tellStale(isTold: boolean): void {
    const isStale = this.isStale();
    if (isStale && !this.isToldStale) this.options.onStale();
    // What was answered was old, and is not any more: there was no trouble, and so no end of one.
    else if (!isStale && this.isToldStale && !isTold && this.problem === null) this.options.onRecovery();
    this.isToldStale = isStale;
  }

  private identity(): Record<string, string> {
    const { instanceId, ruleset } = this;
    return { instance_id: instanceId, ...(ruleset && { serving: String(ruleset.revision) }) };
  }
}

/** For how long the answering process has not heard of changes: whole seconds, in milliseconds. */
function ageOf(headers: Headers): number {
  const age = Number(headers.get('age') ?? 0);
  return Number.isFinite(age) && age > 0 ? age * 1_000 : 0;
}
