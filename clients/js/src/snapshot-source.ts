import { EventStream } from './event-stream.js';
import { RequestError, unexpectedResponse, type HttpClient } from './http-client.js';
import type { Logger } from './logger.js';
import { isRefetchMessage } from './refetch-message.js';
import { changedFlags, readRuleset, SnapshotError, type Ruleset } from './ruleset.js';
import { later, pause } from './timer.js';
import { Trouble } from './trouble.js';

export interface SnapshotSourceOptions {
  client: HttpClient;
  logger: Logger;
  pollIntervalMs: number;
  /** Whether to listen to the server's stream of changes, besides polling. */
  stream: boolean;
  /** A new snapshot is used. Called with the keys of flags that may evaluate differently. */
  onChange: (flags: string[]) => void;
  /** Snapshots cannot be fetched. */
  onTrouble: (message: string) => void;
  /** They can again. */
  onRecovery: () => void;
  /** The snapshot has become too old for experiments. */
  onStale: () => void;
}

/**
 * How long a revision older than the current one is refused. A server process may lag by a second or two, and must not undo
 * a rollback; but after the database was restored, the older revision is the right one.
 */
const OLDER_GRACE_MS = 10_000;
/** A server process that has not heard of changes for this long is cut off: an older revision from it is never accepted. */
const CUT_OFF_MS = 3_000;

/** Keeps the server's snapshot: polls for it, and fetches it at once when the stream announces a change. */
export class SnapshotSource {
  /** The current snapshot, compiled; null before the first. */
  ruleset: Ruleset | null = null;
  /** Resolves with the first snapshot. */
  readonly first: Promise<void>;
  private resolveFirst!: () => void;
  private readonly trouble: Trouble;
  private readonly stream: EventStream | null;
  /** Unique to this process and new at each start: tells the server who uses which revision. */
  private readonly instanceId = `js-${crypto.randomUUID()}`;
  private etag: string | null = null;
  /** The monotonic time of the request that got the last good response, less the response's age. */
  private freshAt = -Infinity;
  private olderSince: number | null = null;
  private wasStale = false;
  private isPolling = false;
  private isRefreshDue = false;
  private isStarted = false;
  private cancelTimer: (() => void) | null = null;
  private readonly closed = new AbortController();

  constructor(private readonly options: SnapshotSourceOptions) {
    const { client, logger, onTrouble, onRecovery } = options;
    this.first = new Promise((resolve) => (this.resolveFirst = resolve));
    this.trouble = new Trouble({
      logger,
      began: 'the snapshot cannot be fetched',
      ended: 'the snapshot can be fetched again',
      onBegin: onTrouble,
      onEnd: onRecovery,
    });
    this.stream = options.stream
      ? new EventStream({
          url: client.url('/v1/stream'),
          headers: client.authorization,
          onMessage: (data) => {
            if (isRefetchMessage(data)) this.refresh();
          },
        })
      : null;
  }

  /** The current problem; null while there is none. */
  get problem(): string | null {
    return this.trouble.message;
  }

  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.refresh();
    this.stream?.connect();
  }

  /** Whether the snapshot is too old for experiments. */
  isStale(): boolean {
    return this.ruleset !== null && performance.now() - this.freshAt > this.ruleset.document.stale_after_ms;
  }

  /** Reports that there is no snapshot yet, unless another problem is known. */
  reportMissing(message: string): void {
    if (this.problem === null) this.trouble.begin(message);
  }

  /** Stops, and tells the server that this process no longer evaluates, within `timeoutMs`. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.closed.abort();
    this.cancelTimer?.();
    this.stream?.close();
    if (!this.isStarted) return;
    const query = new URLSearchParams({ ...this.identity(), closing: 'true' });
    const done = new AbortController();
    const request = this.options.client.request(`/v1/snapshot?${query}`, { signal: done.signal });
    // If the request gets lost, the server notices the silence.
    await Promise.race([request.catch(() => undefined), pause(timeoutMs, done.signal)]);
    done.abort();
  }

  private refresh(): void {
    this.isRefreshDue = true;
    if (!this.isPolling) void this.poll();
  }

  private async poll(): Promise<void> {
    this.cancelTimer?.();
    this.isPolling = true;
    let waitMs = this.options.pollIntervalMs;
    let hasRecovered = false;
    while (this.isRefreshDue && !this.closed.signal.aborted) {
      this.isRefreshDue = false;
      const { revision } = this.ruleset ?? {};
      const error = await this.fetchSnapshot();
      if (this.closed.signal.aborted) break;
      if (error) {
        this.trouble.begin(error.message);
        if (error instanceof RequestError) waitMs = Math.max(waitMs, error.retryAfterMs ?? 0);
        break;
      }
      hasRecovered ||= this.problem !== null;
      this.trouble.end();
      // The next request tells the server which revision is used: that must not wait for the next poll.
      if (this.ruleset?.revision !== revision) await this.fetchSnapshot();
    }
    this.reportStaleness(hasRecovered);
    this.isPolling = false;
    if (!this.closed.signal.aborted) this.cancelTimer = later(waitMs, () => this.refresh());
  }

  /** Makes one request; returns why it failed. */
  private async fetchSnapshot(): Promise<Error | null> {
    const requestedAt = performance.now();
    try {
      const response = await this.options.client.request(
        `/v1/snapshot?${new URLSearchParams(this.identity())}`,
        {
          ...(this.etag !== null && { headers: { 'If-None-Match': this.etag } }),
          signal: this.closed.signal,
        },
      );
      const ageMs = ageOf(response.headers);
      if (response.status === 200) {
        if (!this.apply(response.body, response.headers.get('etag'), ageMs)) return null;
      } else if (response.status === 304 && this.ruleset) this.olderSince = null;
      else return unexpectedResponse(response);
      this.freshAt = requestedAt - ageMs;
      return null;
    } catch (error) {
      return error instanceof RequestError || error instanceof SnapshotError
        ? error
        : new Error(String(error));
    }
  }

  /** False where the snapshot is refused because it is older. */
  private apply(body: string, etag: string | null, ageMs: number): boolean {
    const before = this.ruleset;
    const next = readRuleset(body, before);
    if (before && next.revision < before.revision && this.refusesOlder(ageMs)) return false;
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

  private refusesOlder(ageMs: number): boolean {
    if (ageMs > CUT_OFF_MS) return true;
    this.olderSince ??= performance.now();
    return performance.now() - this.olderSince < OLDER_GRACE_MS;
  }

  /** @param hasRecovered whether a recovery has just been reported */
  private reportStaleness(hasRecovered: boolean): void {
    const isStale = this.isStale();
    if (isStale && !this.wasStale) this.options.onStale();
    // Responses arrived but were old: there was no trouble whose end would have been reported.
    else if (!isStale && this.wasStale && !hasRecovered && this.problem === null) this.options.onRecovery();
    this.wasStale = isStale;
  }

  private identity(): Record<string, string> {
    const { instanceId, ruleset } = this;
    return { instance_id: instanceId, ...(ruleset && { serving: String(ruleset.revision) }) };
  }
}

/** How long ago the server process last heard of changes, in milliseconds; the header has whole seconds. */
function ageOf(headers: Headers): number {
  const age = Number(headers.get('age') ?? 0);
  return Number.isFinite(age) && age > 0 ? age * 1_000 : 0;
}
