import type { EventQueue } from './event-queue.js';
import { exposureEvent } from './event.js';

const AGAIN_MS = 3_600_000;
const MOST_REMEMBERED = 100_000;

/** Exposures, once an hour for each unit, experiment and variant. Where memory is full, the one sent longest ago is forgotten. */
export class Exposures {
  private readonly sent = new Map<string, number>();

  constructor(
    private readonly queue: EventQueue,
    private readonly mostRemembered = MOST_REMEMBERED,
  ) {}

  /** @param now ms since the epoch */
  record(unit_id: string, experiment_id: string, variant: string, now: number): void {
    // Ids and units have no control characters.
    const key = `${experiment_id}\n${variant}\n${unit_id}`;
    const before = this.sent.get(key);
    if (before !== undefined && now - before < AGAIN_MS) return;
    this.sent.delete(key);
    this.sent.set(key, now);
    if (this.sent.size > this.mostRemembered) this.forgetOldest();
    // What could not be sent may be sent again before the hour is over.
    this.queue.add(exposureEvent(unit_id, experiment_id, variant), () => this.sent.delete(key));
  }

  private forgetOldest(): void {
    const [oldest] = this.sent.keys();
    if (oldest !== undefined) this.sent.delete(oldest);
  }
}
