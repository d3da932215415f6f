import type {
  AnyProviderEvent,
  EvaluationContext,
  JsonValue,
  Provider,
  ProviderEventEmitter,
  ResolutionDetails,
  TrackingEventDetails,
} from '@openfeature/web-sdk';
import { AnswerSource } from './answer-source.js';
import { AnswerStore } from './answer-store.js';
import { EventQueue } from './event-queue.js';
import { trackingEvent } from './event.js';
import { Exposures } from './exposures.js';
import { HttpClient } from './http-client.js';
import { safeLogger, type Logger } from './logger.js';
import { checkConnection, checkNumbers, type ConnectionOptions } from './options.js';
import { ProviderEvents } from './provider-events.js';
import { failed, resolved, type FlagType } from './resolution.js';

export interface RampartWebProviderOptions extends ConnectionOptions {
  /** The longest that `initialize()` and a change of the context wait for the answers. Default 2,000 ms. */
  timeoutMs?: number;
  /** The longest that one request may take. Default 5,000 ms. */
  requestTimeoutMs?: number;
  /** How often to ask for changes where the server does not tell of them by a stream. Default 10,000 ms. */
  pollIntervalMs?: number;
  /** Whether to keep the last answers in localStorage, for the next page to begin with. Default false. */
  persist?: boolean;
  /** Whether evaluating a flag records that the unit was exposed to its experiment. Default true. */
  exposures?: boolean;
  /** How long events wait for others to be sent with. Default 1,000 ms. */
  flushIntervalMs?: number;
  /** Events that are kept at most while they can not be delivered; then the oldest are dropped. Default 1,000. */
  maxQueuedEvents?: number;
  /** Where trouble is told. Default: the console. */
  logger?: Logger;
}

const DEFAULTS = {
  timeoutMs: 2_000,
  requestTimeoutMs: 5_000,
  pollIntervalMs: 10_000,
  persist: false,
  exposures: true,
  flushIntervalMs: 1_000,
  maxQueuedEvents: 1_000,
  logger: console as Logger,
};

const NUMBERS = ['timeoutMs', 'requestTimeoutMs', 'pollIntervalMs', 'flushIntervalMs', 'maxQueuedEvents'];
/** Browsers let requests that outlive the page have 64 KiB together: two of these fit. */
const MOST_BYTES = 30_000;

/**
 * OpenFeature provider for pages. The server evaluates every flag for the page's context (OFREP); the answers are kept,
 * and stand while the server is away. Nothing here throws into the page.
 */
export class RampartWebProvider implements Provider {
  readonly metadata = { name: 'Rampart' } as const;
  readonly runsOn = 'client';
  readonly events: ProviderEventEmitter<AnyProviderEvent>;
  private readonly emitter = new ProviderEvents();
  private readonly options: Required<RampartWebProviderOptions>;
  private readonly source: AnswerSource;
  private readonly queue: EventQueue;
  private readonly exposures: Exposures;
  private readonly logger: Logger;
  /** While the SDK waits for `initialize()` or a change of the context, it tells the page itself what becomes of it. */
  private isAwaited = true;
  private contexts = 0;
  private closing: Promise<void> | null = null;

  /** @throws {TypeError} naming the option that is wrong */
  constructor(options: RampartWebProviderOptions) {
    checkConnection(options, false);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.options = { ...DEFAULTS, ...(Object.fromEntries(given) as unknown as RampartWebProviderOptions) };
    checkNumbers(this.options, NUMBERS, 1);
    const { baseUrl, apiKey, flushIntervalMs, maxQueuedEvents, pollIntervalMs, persist } = this.options;
    const client = new HttpClient(this.options);
    this.logger = safeLogger(this.options.logger);
    const { logger } = this;
    this.events = this.emitter;
    this.queue = new EventQueue({
      client,
      logger,
      flushIntervalMs,
      maxEvents: maxQueuedEvents,
      maxBytes: MOST_BYTES,
      keepalive: true,
    });
    this.exposures = new Exposures(this.queue);
    this.source = new AnswerSource({
      client,
      logger,
      pollIntervalMs,
      store: persist ? new AnswerStore(baseUrl, apiKey) : null,
      onChange: (flagsChanged) => this.tell('PROVIDER_CONFIGURATION_CHANGED', { flagsChanged }),
      onTrouble: (message) =>
        this.tell(this.source.answers ? 'PROVIDER_STALE' : 'PROVIDER_ERROR', { message }),
      onRecovery: () => this.tell('PROVIDER_READY'),
    });
  }

  /** Events that could not be delivered and were given up. */
  get droppedEvents(): number {
    return this.queue.dropped;
  }

  /**
   * Resolves with the first answers, at once where the browser has kept some. Rejects when there are none within
   * `timeoutMs`; the provider goes on trying then, and emits Ready when it succeeds.
   */
  initialize(context: EvaluationContext = {}): Promise<void> {
    if (typeof document !== 'undefined') {
      document.addEventListener('visibilitychange', this.onVisibility);
      window.addEventListener('pagehide', this.onPageHide);
    }
    return this.answer(context);
  }

  onContextChange(_before: EvaluationContext, context: EvaluationContext): Promise<void> {
    return this.answer(context);
  }

  resolveBooleanEvaluation(key: string, fallback: boolean): ResolutionDetails<boolean> {
    return this.resolve('boolean', key, fallback);
  }

  resolveStringEvaluation(key: string, fallback: string): ResolutionDetails<string> {
    return this.resolve('string', key, fallback);
  }

  resolveNumberEvaluation(key: string, fallback: number): ResolutionDetails<number> {
    return this.resolve('number', key, fallback);
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string, fallback: T): ResolutionDetails<T> {
    return this.resolve('object', key, fallback);
  }

  /** What the unit of the context did; sent with the next batch. */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    try {
      this.queue.add(trackingEvent(name, context.targetingKey, details));
    } catch (error) {
      this.logger.warn(
        `track('${name}') is not sent: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Sends what waits, within `timeoutMs`, and stops everything. Never rejects. */
  onClose(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async answer(context: EvaluationContext): Promise<void> {
    if (this.closing) throw notReady('the provider is closed: make a new one');
    const turn = (this.contexts += 1);
    this.isAwaited = true;
    const { baseUrl, timeoutMs } = this.options;
    try {
      const isThere = await this.source.setContext(context, timeoutMs);
      // Where another context was set meanwhile, what becomes of that is what counts.
      if (turn !== this.contexts || isThere) return;
    } finally {
      if (turn === this.contexts) this.isAwaited = false;
    }
    throw notReady(`no answers from ${baseUrl} yet: ${this.source.problem}`);
  }

  private tell(...event: Parameters<ProviderEvents['emit']>): void {
    if (!this.isAwaited) this.emitter.emit(...event);
  }

  private async stop(): Promise<void> {
    if (typeof document !== 'undefined') {
      document.removeEventListener('visibilitychange', this.onVisibility);
      window.removeEventListener('pagehide', this.onPageHide);
    }
    this.source.close();
    await this.queue.close(this.options.timeoutMs);
  }

  private readonly onVisibility = (): void => {
    if (document.visibilityState === 'visible') {
      this.source.show();
      return;
    }
    // On phones this is the last that a page hears.
    this.queue.flushBeforeEnd();
    this.source.hide();
  };

  private readonly onPageHide = (): void => this.queue.flushBeforeEnd();

  private resolve<T>(type: FlagType, key: string, fallback: T): ResolutionDetails<T> {
    const { answers } = this.source;
    if (!answers) return failed(fallback, 'PROVIDER_NOT_READY', 'there are no answers yet');
    const found = answers.flags.get(key);
    if (!found) return failed(fallback, 'FLAG_NOT_FOUND', `there is no flag ${key}`);
    if ('errorCode' in found) return failed(fallback, found.errorCode, found.errorDetails);
    const { in_experiment, experiment_id, variant } = found.metadata;
    // Also where the value has another type than was asked for: counting one arm only would be worse than none.
    if (in_experiment === true && answers.unit !== null && this.options.exposures) {
      this.exposures.record(answers.unit, String(experiment_id), String(variant), Date.now());
    }
    return resolved(key, type, fallback, found);
  }
}

function notReady(message: string): Error {
  return Object.assign(new Error(message), { code: 'PROVIDER_NOT_READY' });
}
