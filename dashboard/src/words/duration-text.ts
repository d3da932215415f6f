import { duration } from './format.js';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration as definitions have it, such as `24h`; 0 where it is none. */
export function durationMs(written: string | undefined): number {
  const match = /^(\d+)([smhd])$/.exec(written ?? '');
  return match ? Number(match[1]) * UNITS[match[2]!]! : 0;
}

/** `24h` as it is said: `1 d`. */
export function durationText(written: string): string {
  return duration(durationMs(written));
}
