import { z } from 'zod';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const UNITS: Record<string, number> = { s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** Milliseconds of a duration such as `30s`, `5m`, `1h`, `7d`; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined;
}

/** A duration: a string such as `7d` outside, milliseconds inside; at least one second. */
export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1_000 || ms > 3_660 * DAY_MS) {
    context.addIssue({
      code: 'custom',
      message: 'must be a duration of at least 1s, such as 30s, 5m, 1h or 7d',
    });
    return z.NEVER;
  }
  return ms;
});

/** A moment in ISO 8601 with a zone; kept as it was written, compared as milliseconds. */
export const timeSchema = z.iso.datetime({ offset: true });
