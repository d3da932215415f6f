import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';

/** A time in which nothing advances or ships; ms since the epoch, `to` exclusive. */
export interface FreezeWindow {
  from: number;
  to: number;
}

/** A time in which nothing may advance or ship: how it recurs, in which time zone, and for how long, ms. */
export interface FreezeRule {
  /** Five or six fields; each match begins a window. */
  cron?: string | undefined;
  /** An iCalendar RRULE; each occurrence begins a window. */
  rrule?: string | undefined;
  /** First occurrence of an `rrule`, local time without a zone. */
  from?: string | undefined;
  /** IANA name. */
  time_zone: string;
  duration: number;
}

/** More windows than this in the time asked for are left out: the next look computes them. */
const MOST = 200;
const FIRST = '2020-01-01T00:00:00';

/**
 * The windows that touch `[from, to)`, in order and merged where they overlap; ms since the epoch. Calendars depend
 * on the machine's time zone data, so this is never run inside a workflow.
 */
export function windowsBetween(rules: readonly FreezeRule[], from: number, to: number): FreezeWindow[] {
  const windows = rules.flatMap((rule) =>
    beginnings(rule, from - rule.duration, to).map((begins) => ({
      from: begins,
      to: begins + rule.duration,
    })),
  );
  return merged(windows.filter((one) => one.to > from)).slice(0, MOST);
}

/** Why a rule cannot be used, or null. */
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
  try {
    beginnings(rule, 0, 1);
    return null;
  } catch (error) {
    const field = rule.cron === undefined ? 'rrule' : 'cron';
    return { field, message: error instanceof Error ? error.message : String(error) };
  }
}

function beginnings(
  { cron, rrule, from: first = FIRST, time_zone }: FreezeRule,
  from: number,
  to: number,
): number[] {
  if (rrule !== undefined) {
    const start = first.replaceAll(/[-:]/g, '').slice(0, 15);
    const rule = new RRuleTemporal({ rruleString: `DTSTART;TZID=${time_zone}:${start}\nRRULE:${rrule}` });
    return rule
      .between(new Date(from), new Date(to), true)
      .slice(0, MOST)
      .map((one) => one.epochMilliseconds);
  }
  const found: number[] = [];
  const schedule = new Cron(cron!, { timezone: time_zone, paused: true });
  // A match at the very beginning counts, and croner looks only behind the moment it is given.
  let at = schedule.nextRun(new Date(from - 1_000));
  while (at && at.getTime() < to && found.length < MOST) {
    if (at.getTime() >= from) found.push(at.getTime());
    at = schedule.nextRun(at);
  }
  return found;
}

function merged(windows: FreezeWindow[]): FreezeWindow[] {
  const result: FreezeWindow[] = [];
  for (const one of windows.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else result.push({ ...one });
  }
  return result;
}
