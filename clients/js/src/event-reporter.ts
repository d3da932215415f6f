import { EventQueue, type EventQueueOptions } from './event-queue.js';
import { trackingEvent } from './event.js';
import { Exposures } from './exposures.js';
import type { Logger } from './logger.js';

/** Reports what units did and which variants they were exposed to. Never waits and never throws. */
export class EventReporter {
  private readonly queue: EventQueue;
  private readonly exposures: Exposures;
  private readonly logger: Logger;

  constructor(options: EventQueueOptions) {
    this.logger = options.logger;
    this.queue = new EventQueue(options);
    this.exposures = new Exposures(this.queue);
  }

  /** Events that were given up because they could not be delivered. */
  get dropped(): number {
    return this.queue.dropped;
  }

  /** An event that cannot be sent is logged. */
  track(name: string, unitId: unknown, details: Readonly<Record<string, unknown>>): void {
    try {
      this.queue.add(trackingEvent(name, unitId, details));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`track('${name}') is not sent: ${reason}`);
    }
  }

  /**
   * @param now ms since the epoch
   * @param segments of the experiment that the unit is in; undefined where the experiment has none
   */
  expose(
    unitId: string,
    experimentId: string,
    variant: string,
    now: number,
    segments?: readonly string[],
  ): void {
    this.exposures.record(unitId, experimentId, variant, now, segments);
  }

  /** Sends what is queued at once: for a page that may end now. */
  flushBeforeEnd(): void {
    this.queue.flushBeforeEnd();
  }

  /** Sends what is queued, within `timeoutMs`. Never rejects. */
  close(timeoutMs: number): Promise<void> {
    return this.queue.close(timeoutMs);
  }
}
