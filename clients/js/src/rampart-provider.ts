import type {
  AnyProviderEvent,
  EvaluationContext,
  JsonValue,
  Provider,
  ProviderEventEmitter,
  ResolutionDetails,
  TrackingEventDetails,
} from '@openfeature/server-sdk';
import { EventQueue } from './event-queue.js';
import { trackingEvent } from './event.js';
import { Exposures } from './exposures.js';
import { HttpClient } from './http-client.js';
import { jsonAttributes } from './json.js';
import { safeLogger, type Logger } from './logger.js';
import { checkConnection, checkNumbers, type ConnectionOptions } from './options.js';
import { ProviderEvents } from './provider-events.js';
import { failed, resolved, type FlagType } from './resolution.js';
import { Evaluation, type AssignmentReason } from './ruleset.js';
import { SnapshotSource } from './snapshot-source.js';

export interface RampartProviderOptions extends ConnectionOptions {
  /** The longest that `initialize()` waits for the first snapshot, and `onClose()` for the last events. Default 2,000 ms. */
  timeoutMs?: number;
  /** The longest that one request may take. Default 5,000 ms. */
  requestTimeoutMs?: number;
  /** How often to ask for changes. Default 1,000 ms. */
  pollIntervalMs?: number;
  /** Whether to be told of changes at once too, by an open stream. Default true. */
  stream?: boolean;
  /** Whether evaluating a flag records that the unit was exposed to its experiment. Default true. */
  exposures?: boolean;
  /** How long events wait for others to be sent with. Default 1,000 ms. */
  flushIntervalMs?: number;
  /** Events that are kept at most while they can not be delivered; then the oldest are dropped. Default 10,000. */
  maxQueuedEvents?: number;
  /** Where trouble is told. Default: the console. */
  logger?: Logger;
}

const DEFAULTS = {
  timeoutMs: 2_000,
  requestTimeoutMs: 5_000,
  pollIntervalMs: 1_000,
  stream: true,
  exposures: true,
  flushIntervalMs: 1_000,
  maxQueuedEvents: 10_000,
  logger: console as Logger,
};

const NUMBERS = ['timeoutMs', 'requestTimeoutMs', 'pollIntervalMs', 'flushIntervalMs', 'maxQueuedEvents'];
/** The server takes bodies of 1 MiB. */
const MOST_BYTES = 900_000;

/** A unit in an experiment, with what its variant is configured to. */
export interface Assignment {
  experiment_id: string;
  unit_id: string;
  /** The control's name where the unit is not in the experiment. */
  variant: string;
  /** Null where the variant has none. */
  config: JsonValue;
  in_experiment: boolean;
  reason: AssignmentReason;
  /** The experiment's. */
  revision: number;
}

export interface AssignOptions {
  /** Whether to record the exposure. Default: as the provider's option `exposures`. */
  exposure?: boolean;
}

/**
 * OpenFeature provider for services. It keeps the server's snapshot and evaluates in the process: no evaluation waits for
 * the network, and while the server is away the last snapshot goes on.
 */
export class RampartProvider implements Provider {
  readonly metadata = { name: 'Rampart' } as const;
  readonly runsOn = 'server';
  readonly events: ProviderEventEmitter<AnyProviderEvent>;
  private readonly emitter = new ProviderEvents();
  private readonly options: Required<RampartProviderOptions>;
  private readonly source: SnapshotSource;
  private readonly queue: EventQueue;
  private readonly exposures: Exposures;
  private readonly logger: Logger;
  private initialization: Promise<void> | null = null;
  /** Whether `initialize()` has been answered: until then the SDK tells the application what becomes of it. */
  private isInitialized = false;
  private closing: Promise<void> | null = null;
  private readonly onProcessEnd = (): void => void this.onClose();

  /** @throws {TypeError} naming the option that is wrong */
  constructor(options: RampartProviderOptions) {
    checkConnection(options, true);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.options = { ...DEFAULTS, ...(Object.fromEntries(given) as unknown as RampartProviderOptions) };
    checkNumbers(this.options, NUMBERS, 1);
    const client = new HttpClient(this.options);
    this.logger = safeLogger(this.options.logger);
    const { logger } = this;
    const { flushIntervalMs, maxQueuedEvents } = this.options;
    this.events = this.emitter;
    this.queue = new EventQueue({
      client,
      logger,
      flushIntervalMs,
      maxEvents: maxQueuedEvents,
      maxBytes: MOST_BYTES,
      keepalive: false,
    });
    this.exposures = new Exposures(this.queue);
    this.source = new SnapshotSource({
      client,
      logger,
      pollIntervalMs: this.options.pollIntervalMs,
      stream: this.options.stream,
      onChange: (flagsChanged) => this.emitter.emit('PROVIDER_CONFIGURATION_CHANGED', { flagsChanged }),
      onTrouble: (message) => this.isInitialized && this.emitter.emit('PROVIDER_ERROR', { message }),
      onRecovery: () => this.isInitialized && this.emitter.emit('PROVIDER_READY'),
      onStale: () =>
        this.emitter.emit('PROVIDER_STALE', {
          message: 'the snapshot is too old: experiments serve their control',
        }),
    });
  }

  /** Events that could not be delivered and were given up. */
  get droppedEvents(): number {
    return this.queue.dropped;
  }

  /**
   * Resolves with the first snapshot. Rejects when there is none within `timeoutMs`; the provider goes on trying then, and
   * emits Ready when it succeeds.
   */
  initialize(): Promise<void> {
    return (this.initialization ??= this.start());
  }

  resolveBooleanEvaluation(
    key: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(this.resolve('boolean', key, fallback, context));
  }

  resolveStringEvaluation(
    key: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return Promise.resolve(this.resolve('string', key, fallback, context));
  }

  resolveNumberEvaluation(
    key: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return Promise.resolve(this.resolve('number', key, fallback, context));
  }

  resolveObjectEvaluation<T extends JsonValue>(
    key: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.resolve('object', key, fallback, context));
  }

  /**
   * A unit in an experiment, without going through its flag. Null where there is no such experiment, or no snapshot yet.
   * Being in the experiment is recorded as an exposure unless `exposure` is false.
   */
  assign(
    experimentId: string,
    unitId: string,
    attributes: Readonly<Record<string, unknown>> = {},
    { exposure = this.options.exposures }: AssignOptions = {},
  ): Assignment | null {
    const { ruleset } = this.source;
    const experiment = ruleset?.experiments.get(experimentId);
    if (!ruleset || !experiment || typeof unitId !== 'string' || unitId === '') return null;
    try {
      const now = Date.now();
      const moment = { now, stale: this.source.isStale() };
      const { variant, in_experiment, reason } = ruleset.assign(
        experiment,
        unitId,
        jsonAttributes(attributes),
        moment,
      );
      if (exposure && in_experiment) this.exposures.record(unitId, experimentId, variant, now);
      const { configs, revision } = experiment;
      const config = Object.hasOwn(configs, variant) ? structuredClone(configs[variant]!) : null;
      return {
        experiment_id: experimentId,
        unit_id: unitId,
        variant,
        config,
        in_experiment,
        reason,
        revision,
      };
    } catch (error) {
      this.logger.warn(`experiment ${experimentId} could not be assigned: ${String(error)}`);
      return null;
    }
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

  /** Sends what waits, tells the server, and stops everything, within `timeoutMs`. Never rejects. */
  onClose(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async start(): Promise<void> {
    if (this.closing) throw notReady('the provider is closed: make a new one');
    // A process that comes to its natural end sends its last events.
    process.once('beforeExit', this.onProcessEnd);
    this.source.start();
    const { baseUrl, timeoutMs } = this.options;
    // This timer keeps the process alive: somebody awaits it.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isThere = await Promise.race([
      this.source.first.then(() => true),
      new Promise<false>((resolve) => (timer = setTimeout(resolve, timeoutMs, false))),
    ]);
    clearTimeout(timer);
    if (!isThere) {
      this.source.reportMissing(`no snapshot within ${timeoutMs} ms`);
      this.isInitialized = true;
      throw notReady(`no snapshot from ${baseUrl} yet: ${this.source.problem}`);
    }
    this.isInitialized = true;
  }

  private async stop(): Promise<void> {
    process.off('beforeExit', this.onProcessEnd);
    const { timeoutMs } = this.options;
    await Promise.all([this.queue.close(timeoutMs), this.source.close(timeoutMs)]);
  }

  private resolve<T>(
    type: FlagType,
    key: string,
    fallback: T,
    context: EvaluationContext,
  ): ResolutionDetails<T> {
    const { ruleset } = this.source;
    if (!ruleset) return failed(fallback, 'PROVIDER_NOT_READY', 'there is no snapshot yet');
    try {
      const now = Date.now();
      const { targetingKey } = context;
      const unit = typeof targetingKey === 'string' && targetingKey !== '' ? targetingKey : null;
      const found = ruleset.evaluate(key, unit, jsonAttributes(context), {
        now,
        stale: this.source.isStale(),
      });
      if (!(found instanceof Evaluation)) return failed(fallback, found, MESSAGES[found](key));
      const { metadata } = found;
      // Also where the value has another type than was asked for: counting one arm only would be worse than none.
      if (metadata['in_experiment'] === true && this.options.exposures) {
        this.exposures.record(unit!, metadata['experiment_id'] as string, metadata['variant'] as string, now);
      }
      return resolved(key, type, fallback, found);
    } catch (error) {
      return failed(fallback, 'GENERAL', `flag ${key} could not be evaluated: ${String(error)}`);
    }
  }
}

const MESSAGES = {
  FLAG_NOT_FOUND: (key: string) => `there is no flag ${key}`,
  TARGETING_KEY_MISSING: (key: string) => `flag ${key} splits units: set the context's targetingKey`,
};

function notReady(message: string): Error {
  return Object.assign(new Error(message), { code: 'PROVIDER_NOT_READY' });
}
