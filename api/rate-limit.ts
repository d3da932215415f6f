import { failure } from '../src/errors.js';

/** Token buckets, one for each key: `rate` requests per second, up to twice as many at once. 0: no limit. */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(private readonly rate: number) {}

  /** @throws {RampartError} rate_limited, with the whole seconds to wait */
  take(key_id: string, now = performance.now()): void {
    if (this.rate === 0) return;
    const burst = this.rate * 2;
    const bucket = this.buckets.get(key_id) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * this.rate);
    bucket.at = now;
    this.buckets.set(key_id, bucket);
    if (bucket.tokens < 1) {
      throw failure('rate_limited', `more than ${this.rate} requests a second`, {
        retry_after: Math.ceil((1 - bucket.tokens) / this.rate),
      });
    }
    bucket.tokens -= 1;
  }
}
