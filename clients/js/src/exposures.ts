import type { EventQueue } from './event-queue.js';
import { exposureEvent } from './event.js';

const REPEAT_AFTER_MS = 3_600_000;
const MAX_REMEMBERED = 100_000;

/**
 * Sends exposures, at most one an hour for each unit, experiment and variant. When memory is full, the one sent longest ago
 * is forgotten.
 */
export class Exposures {
  private readonly sent = new Map<string, number>();

  constructor(
    private readonly queue: EventQueue,
    private readonly maxRemembered = MAX_REMEMBERED,
  ) {}

  /**
   * @param now ms since the epoch
   * @param segments of the experiment that the unit is in. The server keeps those of a unit's first exposure
   */
  record(
    unit_id: string,
    experiment_id: string,
    variant: string,
    now: number,
    segments?: readonly string[],
  ): void {
    // Ids of units and experiments have no control characters.
    const key = `${experiment_id}\n${variant}\n${unit_id}`;
    const before = this.sent.get(key);
    if (before !== undefined && now - before < REPEAT_AFTER_MS) return;
    this.sent.delete(key);
    this.sent.set(key, now);
    if (this.sent.size > this.maxRemembered) this.forgetOldest();
    // An exposure that was dropped may be sent again within the hour.
    this.queue.add(exposureEvent(unit_id, experiment_id, variant, segments), () => this.sent.delete(key));
  }

  private forgetOldest(): void {
    const [oldest] = this.sent.keys();
    if (oldest !== undefined) this.sent.delete(oldest);
  }
}
