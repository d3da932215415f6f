import { randomUUID } from 'node:crypto';
import { EXPOSURE, type Event } from '../model/event.js';

const FLUSH_MS = 50;
const FLUSH_SIZE = 500;
const MOST_WAITING = 50_000;
const AGAIN_MS = 3_600_000;
const MOST_REMEMBERED = 500_000;

export interface ExposureBufferOptions {
  store: (events: readonly Event[], received_at: number) => Promise<void>;
  onLost: (count: number, error: unknown) => void;
}

/**
 * Exposures of assignments on their way to the inbox. Assigning never waits for them. The same unit, arm and epoch is
 * sent at most once an hour, and counts as sent only once it is durable.
 */
export class ExposureBuffer {
  /** Exposures that found the buffer full or that the store refused. A later assignment repeats them. */
  lost = 0;
  private waiting = new Map<string, Event>();
  private readonly sent = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly options: ExposureBufferOptions) {}

  add(experiment_id: string, epoch: number, variant: string, unit_id: string): void {
    const key = `${experiment_id}\n${epoch}\n${variant}\n${unit_id}`;
    const now = Date.now();
    if (this.waiting.has(key) || now - (this.sent.get(key) ?? -Infinity) < AGAIN_MS) return;
    if (this.waiting.size >= MOST_WAITING) {
      this.lost += 1;
      return;
    }
    this.waiting.set(key, {
      event_id: randomUUID(),
      type: EXPOSURE,
      unit_id,
      timestamp: now,
      experiment_id,
      variant,
    });
    if (this.waiting.size >= FLUSH_SIZE) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Resolves when everything added so far is durable, or counted as lost. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const batch = this.waiting;
    this.waiting = new Map();
    if (batch.size > 0) this.flushing = this.flushing.then(() => this.send(batch));
    await this.flushing;
  }

  private async send(batch: ReadonlyMap<string, Event>): Promise<void> {
    const now = Date.now();
    try {
      await this.options.store([...batch.values()], now);
    } catch (error) {
      this.lost += batch.size;
      this.options.onLost(batch.size, error);
      return;
    }
    for (const key of batch.keys()) this.sent.set(key, now);
    // A map keeps the order of insertion: the oldest go first.
    for (const key of this.sent.keys()) {
      if (this.sent.size <= MOST_REMEMBERED) break;
      this.sent.delete(key);
    }
  }
}
