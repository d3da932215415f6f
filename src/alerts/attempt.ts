import { DAY_MS } from '../model/time.js';

/** What came of sending something once. */
export interface Outcome {
  delivered: boolean;
  /** Sending the same again can bring nothing else: the receiver understood, and does not want it. */
  final: boolean;
  /** The receiver's status; null where there was no answer. */
  status: number | null;
  /** What went wrong, in words; null where it was delivered. */
  error: string | null;
  /** How long the receiver asks to be left alone, ms. */
  retry_after: number | null;
  /** The beginning of what the receiver said. */
  answer: string;
  took_ms: number;
}

/** For so long it is tried, ms. */
export const TRIED_FOR_MS = DAY_MS;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** After so many attempts, some twenty minutes, what comes later need no longer wait for it. */
const ATTEMPTS_IN_TURN = 8;

/** What follows from an attempt that failed: null, it is given up; else when the next one is due, and whether others may pass. */
export function afterFailure(
  { attempts, give_up_at }: { attempts: number; give_up_at: number },
  { final, retry_after }: Pick<Outcome, 'final' | 'retry_after'>,
  now: number,
): { due_at: number; inTurn: boolean } | null {
  if (final || now >= give_up_at) return null;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  const asked = Math.min(LONGEST_PAUSE_MS, retry_after ?? 0);
  // The last attempt is made when the time is over, not an hour later.
  const due_at = Math.min(now + Math.max(pause, asked), Math.max(give_up_at, now + FIRST_PAUSE_MS));
  return { due_at, inTurn: attempts < ATTEMPTS_IN_TURN };
}

/** Statuses of the 4xx that say "not now": Request Timeout, Too Early, Too Many Requests; and those that a setting mends. */
const PASSING: readonly number[] = [401, 403, 404, 407, 408, 409, 423, 425, 429];

/** Whether an answer means that the same message will never be taken. */
export function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING.includes(status);
}

/** `Retry-After` in ms: seconds, or a date. Source: RFC 9110, 10.2.3. */
export function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
