import { failure } from '../src/errors.js';

/** At most so many callers are remembered. Those that were away longest are forgotten, which fills their buckets. */
const MOST_CALLERS = 10_000;

/** Token buckets, one for each caller: `rate` requests per second, up to twice as many at once. 0: no limit. */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(private readonly rate: number) {}

  /** How many callers are remembered. */
  get size(): number {
    return this.buckets.size;
  }

  /** @throws {RampartError} rate_limited, with the whole seconds to wait */
  take(caller: string, now = performance.now()): void {
    if (this.rate === 0) return;
    const burst = this.rate * 2;
    const { tokens, at } = this.buckets.get(caller) ?? { tokens: burst, at: now };
    const left = Math.min(burst, tokens + ((now - at) / 1000) * this.rate);
    const isAllowed = left >= 1;
    // A map keeps the order of insertion: the first was away longest.
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: isAllowed ? left - 1 : left, at: now });
    if (this.buckets.size > MOST_CALLERS) this.buckets.delete(this.buckets.keys().next().value!);
    if (isAllowed) return;
    throw failure('rate_limited', `more than ${this.rate} requests a second`, {
      retry_after: Math.ceil((1 - left) / this.rate),
    });
  }
}

/** What an address is limited by: of IPv6 the first 64 bits, because everybody has all addresses behind those. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  return [...groups, ...Array<string>(zeros).fill('0'), ...rest].slice(0, 4).join(':');
}
