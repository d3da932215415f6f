import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';
import { WallClock } from './wall-clock.js';

/** A period in which nothing begins, advances or ships; ms since the epoch, `to` exclusive. */
export interface FreezeWindow {
  from: number;
  to: number;
}

/** How freeze windows recur, in which time zone, and how long each lasts (ms). */
export interface FreezeRule {
  /** Five or six fields; each match begins a window. */
  cron?: string | undefined;
  /** An iCalendar RRULE; each occurrence begins a window. */
  rrule?: string | undefined;
  /** First occurrence of an `rrule`, in local time without a zone. */
  from?: string | undefined;
  /** An IANA name, such as Europe/Berlin. */
  time_zone: string;
  duration: number;
}

/** At most this many windows are computed at once; later ones are left to the next look. */
const MOST_WINDOWS = 200;
/** Occurrences of an RRULE are computed for so long at a time (ms), so that a rule that recurs hourly costs no more than it must. */
const SLICE_MS = 92 * 86_400_000;
/** Clocks are put forward or back by this at most (ms): by two hours at Troll, by half an hour on Lord Howe. */
const LARGEST_CHANGE = 3 * 3_600_000;
/** First occurrence of an `rrule` that names none. */
const DEFAULT_FIRST = '2020-01-01T00:00:00';

/**
 * The windows that touch `[from, to)` (ms since the epoch), in order, and merged where they overlap. Calendars depend on
 * the machine's time zone data, so this must not run inside a workflow.
 *
 * Where clocks change, a window is as long as any reading of its rule makes it: nobody is surprised by a ramp in a freeze. A
 * time that is skipped begins its window at the change. One that comes twice begins it both times. A window ends when its
 * duration is over on a stopwatch and on the wall.
 */
export function windowsBetween(rules: readonly FreezeRule[], from: number, to: number): FreezeWindow[] {
  return merged(rules.flatMap((rule) => windowsOf(rule, from, to))).slice(0, MOST_WINDOWS);
}

/** The field that makes a rule unusable, and why; null where it can be used. */
export function ruleError(rule: FreezeRule): { field: string; message: string } | null {
  if ((rule.cron === undefined) === (rule.rrule === undefined)) {
    return { field: 'cron', message: 'give either cron or rrule' };
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: rule.time_zone });
  } catch {
    return {
      field: 'time_zone',
      message: `${rule.time_zone} is not the name of a time zone, such as Europe/Berlin`,
    };
  }
  const often = tooOften(rule);
  if (often) return often;
  try {
    windowsOf(rule, 0, 1);
    return null;
  } catch (error) {
    const field = rule.cron === undefined ? 'rrule' : 'cron';
    return { field, message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Every look computes the windows of some days, and so does whoever reads a policy: thousands of beginnings in an hour would
 * keep a process busy for seconds, or come to no end.
 */
function tooOften({ cron, rrule = '' }: FreezeRule): { field: string; message: string } | null {
  const fields = cron?.trim().split(/\s+/) ?? [];
  if (fields.length === 6 && !/^\d+$/.test(fields[0]!)) {
    const message = 'may begin a window once a minute at most: write one number in the field of seconds';
    return { field: 'cron', message };
  }
  const hasLists = /\bBYSECOND=[^;]*,|\bBYMINUTE=[^;]*,/i.test(rrule);
  if (!hasLists && !/\bFREQ=(?:SECONDLY|MINUTELY)\b/i.test(rrule)) return null;
  const message = 'may begin a window once an hour at most: take FREQ=HOURLY or rarer, with one BYMINUTE';
  return { field: 'rrule', message };
}

function windowsOf(rule: FreezeRule, from: number, to: number): FreezeWindow[] {
  const clock = new WallClock(rule.time_zone);
  const windows: FreezeWindow[] = [];
  const first = clock.localAt(from - rule.duration) - LARGEST_CHANGE;
  for (const local of beginnings(rule, clock, first, clock.localAt(to) + LARGEST_CHANGE)) {
    const end = clock.momentsOf(local + rule.duration).at(-1)!;
    for (const begins of clock.momentsOf(local)) {
      const window = { from: begins, to: Math.max(begins + rule.duration, end) };
      if (window.from < to && window.to > from) windows.push(window);
    }
    if (windows.length >= MOST_WINDOWS) break;
  }
  return windows;
}

/** The local times in `[from, to)` at which a rule begins a window, in order. */
function beginnings(
  { cron, rrule, from: first = DEFAULT_FIRST }: FreezeRule,
  clock: WallClock,
  from: number,
  to: number,
): Iterable<number> {
  return rrule === undefined
    ? matches(new Cron(cron!, { timezone: 'UTC', paused: true }), from, to)
    : occurrences(withLocalEnd(rrule, clock), first, from, to);
}

function* matches(schedule: Cron, from: number, to: number): Iterable<number> {
  // A match at `from` itself counts, and croner only finds matches after the moment that it is given.
  let at = schedule.nextRun(new Date(from - 1_000));
  for (; at && at.getTime() < to; at = schedule.nextRun(at)) {
    if (at.getTime() >= from) yield at.getTime();
  }
}

/** By a clock in UTC, which is never changed: RFC 5545 leaves out the occurrences that a clock skips. */
function* occurrences(rrule: string, first: string, from: number, to: number): Iterable<number> {
  const start = first.replaceAll(/[-:]/g, '').slice(0, 15);
  const rule = new RRuleTemporal({ rruleString: `DTSTART;TZID=UTC:${start}\nRRULE:${rrule}` });
  for (let begin = from; begin < to; begin += SLICE_MS) {
    const end = Math.min(to, begin + SLICE_MS);
    for (const { epochMilliseconds: at } of rule.between(new Date(begin), new Date(end), true))
      if (at < end) yield at;
  }
}

/** The end of an RRULE is a moment in UTC, where its occurrences are local times. */
function withLocalEnd(rrule: string, clock: WallClock): string {
  return rrule.replace(
    /(UNTIL=)(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/i,
    (_, name: string, ...[year, month, day, hour, minute, second]: string[]) => {
      const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      const local = new Date(clock.localAt(moment)).toISOString();
      return `${name}${local.replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
    },
  );
}

function merged(windows: FreezeWindow[]): FreezeWindow[] {
  const result: FreezeWindow[] = [];
  for (const window of windows.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && window.from <= last.to) last.to = Math.max(last.to, window.to);
    else result.push({ ...window });
  }
  return result;
}
