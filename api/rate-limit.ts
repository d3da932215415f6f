import { failure } from '../src/errors.js';
import type { GroupMember } from './process-group.js';

/** At most so many callers are remembered. Those that were away longest are forgotten, which fills their buckets. */
const MOST_CALLERS = 10_000;

/**
 * Token buckets, one for each caller: `rate` requests per second, up to twice as many at once. 0: no limit. Processes of one
 * group keep the same buckets: each takes out of its own what the others let pass, a moment later.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();
  private readonly burst: number;
  private readonly tell: ((caller: string) => void) | undefined;

  /** @param share the group of processes that the limit is for, and what it calls the limit */
  constructor(
    private readonly rate: number,
    share?: { group: Pick<GroupMember, 'share'> | null; name: string },
  ) {
    this.burst = rate * 2;
    if (rate === 0) return;
    this.tell = share?.group?.share(share.name, (passed) => {
      for (const [caller, requests] of passed) this.keep(caller, this.tokensOf(caller) - requests);
    });
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.buckets.size;
  }

  /** @throws {RampartError} rate_limited, with the whole seconds to wait */
  take(caller: string, now = performance.now()): void {
    if (this.rate === 0) return;
    const left = this.tokensOf(caller, now);
    const isAllowed = left >= 1;
    this.keep(caller, isAllowed ? left - 1 : left, now);
    if (isAllowed) return this.tell?.(caller);
    throw failure('rate_limited', `more than ${this.rate} requests a second`, {
      retry_after: Math.ceil((1 - left) / this.rate),
    });
  }

  private tokensOf(caller: string, now = performance.now()): number {
    const { tokens, at } = this.buckets.get(caller) ?? { tokens: this.burst, at: now };
    return Math.min(this.burst, tokens + ((now - at) / 1000) * this.rate);
  }

  private keep(caller: string, tokens: number, at = performance.now()): void {
    // A map keeps the order of insertion: the first was away longest.
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens, at });
    if (this.buckets.size > MOST_CALLERS) this.buckets.delete(this.buckets.keys().next().value!);
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
