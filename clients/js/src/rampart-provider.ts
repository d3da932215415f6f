import type {
  AnyProviderEvent,
  EvaluationContext,
  JsonValue,
  Provider,
  ProviderEventEmitter,
  ResolutionDetails,
  TrackingEventDetails,
} from '@openfeature/server-sdk';
import { EventReporter } from './event-reporter.js';
import { segmentsIn } from './event.js';
import { HttpClient } from './http-client.js';
import { jsonAttributes } from './json.js';
import { safeLogger, type Logger } from './logger.js';
import { COMMON_DEFAULTS, completeOptions, type CommonOptions } from './options.js';
import { ProviderEvents } from './provider-events.js';
import { CLOSED, failed, notReady, resolved, type FlagType } from './resolution.js';
import { Evaluation, type AssignmentReason } from './ruleset.js';
import { SnapshotSource } from './snapshot-source.js';

export interface RampartProviderOptions extends CommonOptions {
  /** How long `initialize()` waits for the first snapshot, and `onClose()` for the last events. Default 2,000 ms. */
  timeoutMs?: number;
  /** How often to ask for changes. Default 1,000 ms. */
  pollIntervalMs?: number;
  /** Whether to listen to the server's stream of changes too. Default true. */
  stream?: boolean;
  /** Maximum number of events kept while they cannot be delivered; then the oldest are dropped. Default 10,000. */
  maxQueuedEvents?: number;
}

const DEFAULTS = {
  ...COMMON_DEFAULTS,
  timeoutMs: 2_000,
  pollIntervalMs: 1_000,
  stream: true,
  maxQueuedEvents: 10_000,
};

/** The server accepts bodies of up to 1 MiB. */
const MAX_EVENT_BYTES = 900_000;

/** The variant that a unit gets in an experiment, with its configuration. */
export interface Assignment {
  experiment_id: string;
  unit_id: string;
  /** The control where the unit is not in the experiment. */
  variant: string;
  /** Null where the variant has no configuration. */
  config: JsonValue;
  in_experiment: boolean;
  reason: AssignmentReason;
  /** Of the experiment. */
  revision: number;
  /** The experiment's segments that the unit is in; only within an experiment that has segments. */
  segments?: readonly string[];
}

export interface AssignOptions {
  /** Whether to record the exposure. Default: the provider's option `exposures`. */
  exposure?: boolean;
}

/**
 * OpenFeature provider for services. It keeps the server's snapshot and evaluates in the process: no evaluation waits for
 * the network, and while the server is unreachable the last snapshot stays in use.
 */
export class RampartProvider implements Provider {
  readonly metadata = { name: 'Rampart' } as const;
  readonly runsOn = 'server';
  readonly events: ProviderEventEmitter<AnyProviderEvent>;
  private readonly emitter = new ProviderEvents();
  private readonly options: Required<RampartProviderOptions>;
  private readonly source: SnapshotSource;
  private readonly reporter: EventReporter;
  private readonly logger: Logger;
  private initialization: Promise<void> | null = null;
  /** Whether `initialize()` has settled: until then the SDK itself emits Ready or Error. */
  private isInitialized = false;
  private closing: Promise<void> | null = null;
  private readonly onProcessEnd = (): void => void this.onClose();

  /** @throws {TypeError} naming the option that is wrong */
  constructor(options: RampartProviderOptions) {
    this.options = completeOptions(options, DEFAULTS, { absoluteUrl: true });
    const { flushIntervalMs, maxQueuedEvents, pollIntervalMs, stream } = this.options;
    const client = new HttpClient(this.options);
    const logger = safeLogger(this.options.logger);
    this.logger = logger;
    this.events = this.emitter;
    this.reporter = new EventReporter({
      client,
      logger,
      flushIntervalMs,
      maxQueuedEvents,
      maxBytes: MAX_EVENT_BYTES,
      keepalive: false,
    });
    this.source = new SnapshotSource({
      client,
      logger,
      pollIntervalMs,
      stream,
      onChange: (flagsChanged) => this.emitter.emit('PROVIDER_CONFIGURATION_CHANGED', { flagsChanged }),
      onTrouble: (message) => this.isInitialized && this.emitter.emit('PROVIDER_ERROR', { message }),
      onRecovery: () => this.isInitialized && this.emitter.emit('PROVIDER_READY'),
      onStale: () =>
        this.emitter.emit('PROVIDER_STALE', {
          message: 'the snapshot is too old: experiments serve their control',
        }),
    });
  }

  /** Events that were given up because they could not be delivered. */
  get droppedEvents(): number {
    return this.reporter.dropped;
  }

  /**
   * Resolves with the first snapshot. Rejects when there is none within `timeoutMs`; the provider then keeps trying, and
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
   * The variant of a unit in an experiment, without evaluating its flag. Null where there is no such experiment, or no
   * snapshot yet. Records an exposure where the unit is in the experiment, unless `exposure` is false.
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
      const { variant, in_experiment, reason, segments } = ruleset.assign(
        experiment,
        unitId,
        jsonAttributes(attributes),
        moment,
      );
      if (exposure && in_experiment) this.reporter.expose(unitId, experimentId, variant, now, segments);
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
        ...(segments && { segments }),
      };
    } catch (error) {
      this.logger.warn(`experiment ${experimentId} could not be assigned: ${String(error)}`);
      return null;
    }
  }

  /** Records what the unit of the context did. Sent with the next batch. */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    this.reporter.track(name, context.targetingKey, details);
  }

  /** Sends queued events, tells the server, and stops, within `timeoutMs`. Never rejects. */
  onClose(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async start(): Promise<void> {
    if (this.closing) throw notReady(CLOSED);
    // A process that ends by itself sends its last events.
    process.once('beforeExit', this.onProcessEnd);
    this.source.start();
    const { baseUrl, timeoutMs } = this.options;
    // This timer keeps the process alive, because somebody awaits it.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hasSnapshot = await Promise.race([
      this.source.first.then(() => true),
      new Promise<false>((resolve) => (timer = setTimeout(resolve, timeoutMs, false))),
    ]);
    clearTimeout(timer);
    if (!hasSnapshot) {
      this.source.reportMissing(`no snapshot within ${timeoutMs} ms`);
      this.isInitialized = true;
      throw notReady(`no snapshot from ${baseUrl} yet: ${this.source.problem}`);
    }
    this.isInitialized = true;
  }

  private async stop(): Promise<void> {
    process.off('beforeExit', this.onProcessEnd);
    const { timeoutMs } = this.options;
    await Promise.all([this.reporter.close(timeoutMs), this.source.close(timeoutMs)]);
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
      const stale = this.source.isStale();
      const evaluation = ruleset.evaluate(key, unit, jsonAttributes(context), { now, stale });
      if (!(evaluation instanceof Evaluation)) return failed(fallback, evaluation, MESSAGES[evaluation](key));
      const { metadata } = evaluation;
      // Even where the type does not match: recording exposures of some variants only would bias the experiment.
      if (metadata['in_experiment'] === true && this.options.exposures) {
        const [id, variant] = [metadata['experiment_id'] as string, metadata['variant'] as string];
        this.reporter.expose(unit!, id, variant, now, segmentsIn(metadata));
      }
      return resolved(key, type, fallback, evaluation);
    } catch (error) {
      return failed(fallback, 'GENERAL', `flag ${key} could not be evaluated: ${String(error)}`);
    }
  }
}

const MESSAGES = {
  FLAG_NOT_FOUND: (key: string) => `there is no flag ${key}`,
  TARGETING_KEY_MISSING: (key: string) => `flag ${key} depends on the unit: set the context's targetingKey`,
};
