import type {
  AnyProviderEvent,
  EvaluationContext,
  JsonValue,
  Provider,
  ProviderEventEmitter,
  ResolutionDetails,
  TrackingEventDetails,
} from '@openfeature/web-sdk';
import { BulkEvaluationSource } from './bulk-evaluation-source.js';
import { BulkEvaluationStore } from './bulk-evaluation-store.js';
import { EventReporter } from './event-reporter.js';
import { segmentsIn } from './event.js';
import { HttpClient } from './http-client.js';
import { safeLogger } from './logger.js';
import { COMMON_DEFAULTS, completeOptions, type CommonOptions } from './options.js';
import { ProviderEvents } from './provider-events.js';
import { CLOSED, failed, notReady, resolved, type FlagType } from './resolution.js';

export interface RampartWebProviderOptions extends CommonOptions {
  /** How long `initialize()` and a change of the context wait for the server's evaluation. Default 2,000 ms. */
  timeoutMs?: number;
  /** How often to ask for changes where the server offers no stream. Default 10,000 ms. */
  pollIntervalMs?: number;
  /** Whether to keep the last evaluation in localStorage, for the next page to start with. Default false. */
  persist?: boolean;
  /** Maximum number of events kept while they cannot be delivered; then the oldest are dropped. Default 1,000. */
  maxQueuedEvents?: number;
}

const DEFAULTS = {
  ...COMMON_DEFAULTS,
  timeoutMs: 2_000,
  pollIntervalMs: 10_000,
  persist: false,
  maxQueuedEvents: 1_000,
};

/** Browsers allow 64 KiB in total for requests that outlive the page: room for two of these. */
const MAX_EVENT_BYTES = 30_000;

/**
 * OpenFeature provider for pages. The server evaluates every flag for the page's context (OFREP); its evaluation is kept, and
 * stays in use while the server is unreachable. Nothing here throws into the page.
 */
export class RampartWebProvider implements Provider {
  readonly metadata = { name: 'Rampart' } as const;
  readonly runsOn = 'client';
  readonly events: ProviderEventEmitter<AnyProviderEvent>;
  private readonly emitter = new ProviderEvents();
  private readonly options: Required<RampartWebProviderOptions>;
  private readonly source: BulkEvaluationSource;
  private readonly reporter: EventReporter;
  /** Whether the SDK awaits `initialize()` or a change of the context: then it emits Ready or Error itself. */
  private isAwaited = true;
  /** Counts contexts. */
  private generation = 0;
  private closing: Promise<void> | null = null;

  /** @throws {TypeError} naming the option that is wrong */
  constructor(options: RampartWebProviderOptions) {
    this.options = completeOptions(options, DEFAULTS, { absoluteUrl: false });
    const { baseUrl, apiKey, flushIntervalMs, maxQueuedEvents, pollIntervalMs, persist } = this.options;
    const client = new HttpClient(this.options);
    const logger = safeLogger(this.options.logger);
    this.events = this.emitter;
    this.reporter = new EventReporter({
      client,
      logger,
      flushIntervalMs,
      maxQueuedEvents,
      maxBytes: MAX_EVENT_BYTES,
      keepalive: true,
    });
    this.source = new BulkEvaluationSource({
      client,
      logger,
      pollIntervalMs,
      store: persist ? new BulkEvaluationStore(baseUrl, apiKey) : null,
      onChange: (flagsChanged) => this.emit('PROVIDER_CONFIGURATION_CHANGED', { flagsChanged }),
      onTrouble: (message) =>
        this.emit(this.source.evaluation ? 'PROVIDER_STALE' : 'PROVIDER_ERROR', { message }),
      onRecovery: () => this.emit('PROVIDER_READY'),
    });
  }

  /** Events that were given up because they could not be delivered. */
  get droppedEvents(): number {
    return this.reporter.dropped;
  }

  /**
   * Resolves with the first evaluation, at once where the browser has kept one. Rejects when there is none within
   * `timeoutMs`; the provider then keeps trying, and emits Ready when it succeeds.
   */
  initialize(context: EvaluationContext = {}): Promise<void> {
    if (typeof document !== 'undefined') {
      document.addEventListener('visibilitychange', this.onVisibility);
      window.addEventListener('pagehide', this.onPageHide);
    }
    return this.setContext(context);
  }

  onContextChange(_before: EvaluationContext, context: EvaluationContext): Promise<void> {
    return this.setContext(context);
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

  /** Records what the unit of the context did. Sent with the next batch. */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    this.reporter.track(name, context.targetingKey, details);
  }

  /** Sends queued events, within `timeoutMs`, and stops. Never rejects. */
  onClose(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async setContext(context: EvaluationContext): Promise<void> {
    if (this.closing) throw notReady(CLOSED);
    const generation = (this.generation += 1);
    this.isAwaited = true;
    const { baseUrl, timeoutMs } = this.options;
    try {
      const isEvaluated = await this.source.setContext(context, timeoutMs);
      // If the context has changed again, only the outcome for the latest one counts.
      if (generation !== this.generation || isEvaluated) return;
    } finally {
      if (generation === this.generation) this.isAwaited = false;
    }
    throw notReady(`no flags from ${baseUrl} yet: ${this.source.problem}`);
  }

  private emit(...event: Parameters<ProviderEvents['emit']>): void {
    if (!this.isAwaited) this.emitter.emit(...event);
  }

  private async stop(): Promise<void> {
    if (typeof document !== 'undefined') {
      document.removeEventListener('visibilitychange', this.onVisibility);
      window.removeEventListener('pagehide', this.onPageHide);
    }
    this.source.close();
    await this.reporter.close(this.options.timeoutMs);
  }

  private readonly onVisibility = (): void => {
    if (document.visibilityState === 'visible') {
      this.source.show();
      return;
    }
    // On phones a page may end without any further event.
    this.reporter.flushBeforeEnd();
    this.source.hide();
  };

  private readonly onPageHide = (): void => this.reporter.flushBeforeEnd();

  private resolve<T>(type: FlagType, key: string, fallback: T): ResolutionDetails<T> {
    const { evaluation } = this.source;
    if (!evaluation) return failed(fallback, 'PROVIDER_NOT_READY', 'there are no flags from the server yet');
    const flag = evaluation.flags.get(key);
    if (!flag) return failed(fallback, 'FLAG_NOT_FOUND', `there is no flag ${key}`);
    if ('errorCode' in flag) return failed(fallback, flag.errorCode, flag.errorDetails);
    const { in_experiment, experiment_id, variant } = flag.metadata;
    // Even where the type does not match: recording exposures of some variants only would bias the experiment.
    if (in_experiment === true && evaluation.unit !== null && this.options.exposures) {
      const segments = segmentsIn(flag.metadata);
      this.reporter.expose(evaluation.unit, String(experiment_id), String(variant), Date.now(), segments);
    }
    return resolved(key, type, fallback, flag);
  }
}
