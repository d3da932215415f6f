import type { Logger } from '../src/logger.js';
import type { KeyedHash } from '../src/secrets/keyed-hash.js';
import { networkOf } from './rate-limit.js';

/** Of one source there is at most one line in this time, ms. */
const LINE_EVERY_MS = 60_000;
const SWEEP_MS = 10_000;
/** So many sources are told apart at a time; all others are one. */
const MOST_SOURCES = 500;
const OTHERS = 'others';

/** A request that was refused, without anything that its sender wrote: paths and keys may name people, or be secrets. */
export interface Refused {
  code: string;
  method: string | undefined;
  /** The pattern of its route. */
  route: string | undefined;
  /** Who sent it, where the key is a good one. */
  key_id: string | undefined;
  address: string | undefined;
  /** By which its answer is found again. */
  request_id: string;
}

/** Whether an answer says that somebody tried what is not theirs. */
export function isRefusal({ status }: { status: number }): boolean {
  return status === 401 || status === 403;
}

interface Source {
  logged_at: number;
  /** Refused since the last line. */
  count: number;
  last: Refused;
}

/**
 * Requests that were refused because of who sent them, 401 and 403: all are counted, and the log has for each key, or network
 * of a stranger, at most a line a minute with how many they were. So nobody can fill the log.
 */
export class Refusals {
  /** Since the start, by code. */
  readonly counts = new Map<string, number>();
  private readonly sources = new Map<string, Source>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly hash: KeyedHash,
  ) {}

  note(refused: Refused, now = performance.now()): void {
    const { code, key_id, address } = refused;
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
    const source = this.source(key_id === undefined ? `network ${networkOf(address)}` : `key ${key_id}`);
    const known = this.sources.get(source);
    if (known) {
      known.count += 1;
      known.last = refused;
      return;
    }
    const first: Source = { logged_at: now, count: 1, last: refused };
    this.sources.set(source, first);
    this.log(first, now);
    this.sweeping ??= setInterval(() => this.sweep(performance.now()), SWEEP_MS).unref();
  }

  /** A line for each source that went on, a minute after its last one; who stopped is forgotten. */
  sweep(now: number): void {
    for (const [name, source] of this.sources) {
      if (now - source.logged_at < LINE_EVERY_MS) continue;
      if (source.count > 0) this.log(source, now);
      else this.sources.delete(name);
    }
    if (this.sources.size > 0) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }

  private source(name: string): string {
    return this.sources.has(name) || this.sources.size < MOST_SOURCES ? name : OTHERS;
  }

  private log(source: Source, now: number): void {
    const { code, method, route, key_id, address, request_id } = source.last;
    const from = key_id === undefined ? { network: this.hash(networkOf(address)).slice(0, 16) } : { key_id };
    const { count } = source;
    this.logger.warn({ method, route, ...from, code, count, request_id }, 'a request was refused');
    Object.assign(source, { logged_at: now, count: 0 });
  }
}
