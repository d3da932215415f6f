import { randomUUID } from 'node:crypto';
import { RampartError } from '../errors.js';
import { EXPOSURE, type Event } from '../model/event.js';

const FLUSH_MS = 50;
const FLUSH_SIZE = 500;
const MOST_WAITING = 50_000;
const AGAIN_MS = 3_600_000;
const MOST_REMEMBERED = 500_000;
/** Pause after a write that failed, ms. */
const PAUSE_MS = 1_000;

export interface ExposureBufferOptions {
  store: (events: readonly Event[], received_at: number) => Promise<void>;
  /** Exposures are lost: the buffer was full, or they could not be stored before the process ends. */
  onLost: (count: number, error: unknown) => void;
}

/**
 * Exposures of assignments on their way to the inbox. Assigning never waits for them. The same unit, arm and epoch is
 * sent at most once an hour, and counts as sent only once it is durable. Until then it waits here, among a bounded number.
 */
export class ExposureBuffer {
  /** Exposures that found the buffer full or that could not be stored. A later assignment repeats them. */
  lost = 0;
  /** Exposures that became durable. */
  recorded = 0;
  /** Not durable yet; those that are being written come first. */
  private readonly waiting = new Map<string, Event>();
  private readonly sent = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> | null = null;
  private paused_until = -Infinity;

  constructor(private readonly options: ExposureBufferOptions) {}

  /** Exposures that are not durable yet. */
  get size(): number {
    return this.waiting.size;
  }

  /** @param segments of the experiment that the unit is in; undefined where the experiment has none */
  add(
    experiment_id: string,
    epoch: number,
    variant: string,
    unit_id: string,
    segments?: readonly string[],
  ): void {
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
      ...(segments && { segments: [...segments] }),
    });
    if (this.waiting.size >= FLUSH_SIZE) this.start();
    else this.startLater(FLUSH_MS);
  }

  /**
   * Resolves when everything added so far is durable, or counted as lost: what cannot be stored now is not tried again. For
   * a process that ends.
   */
  async flush(): Promise<void> {
    await this.sending;
    this.paused_until = -Infinity;
    this.start();
    await this.sending;
    if (this.waiting.size > 0) this.lose(new Map(this.waiting), new Error('the process ends'));
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private startLater(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.start();
    }, ms);
  }

  /** Sends what waits; a moment later where the last attempt has just failed. */
  private start(): void {
    if (this.sending) return;
    const pause = this.paused_until - performance.now();
    if (pause > 0) return this.startLater(pause);
    this.sending = this.sendAll().finally(() => {
      this.sending = null;
      if (this.waiting.size > 0) this.startLater(FLUSH_MS);
    });
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.size > 0) {
      const batch = new Map([...firstOf(this.waiting, FLUSH_SIZE)]);
      const now = Date.now();
      try {
        await this.options.store([...batch.values()], now);
      } catch (error) {
        // What a server refuses that is there would be refused again, and keep all others waiting.
        if (!(error instanceof RampartError && error.code === 'unavailable')) this.lose(batch, error);
        this.paused_until = performance.now() + PAUSE_MS;
        return;
      }
      this.recorded += batch.size;
      for (const key of batch.keys()) {
        this.waiting.delete(key);
        this.sent.set(key, now);
      }
      // A map keeps the order of insertion: the oldest go first.
      for (const key of this.sent.keys()) {
        if (this.sent.size <= MOST_REMEMBERED) break;
        this.sent.delete(key);
      }
    }
  }

  private lose(batch: ReadonlyMap<string, Event>, error: unknown): void {
    for (const key of batch.keys()) this.waiting.delete(key);
    this.lost += batch.size;
    this.options.onLost(batch.size, error);
  }
}

function* firstOf<K, V>(entries: ReadonlyMap<K, V>, count: number): Generator<[K, V]> {
  let taken = 0;
  for (const entry of entries) {
    if (taken === count) return;
    taken += 1;
    yield entry;
  }
}
