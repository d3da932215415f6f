import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';

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
/** First occurrence of an `rrule` that names none. */
const DEFAULT_FIRST = '2020-01-01T00:00:00';

/**
 * The windows that touch `[from, to)` (ms since the epoch), in order, and merged where they overlap. Calendars depend on
 * the machine's time zone data, so this must not run inside a workflow.
 */
export function windowsBetween(rules: readonly FreezeRule[], from: number, to: number): FreezeWindow[] {
  const windows = rules.flatMap((rule) =>
    beginnings(rule, from - rule.duration, to).map((begins) => ({
      from: begins,
      to: begins + rule.duration,
    })),
  );
  return merged(windows.filter((window) => window.to > from)).slice(0, MOST_WINDOWS);
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
  try {
    beginnings(rule, 0, 1);
    return null;
  } catch (error) {
    const field = rule.cron === undefined ? 'rrule' : 'cron';
    return { field, message: error instanceof Error ? error.message : String(error) };
  }
}

function beginnings(
  { cron, rrule, from: first = DEFAULT_FIRST, time_zone }: FreezeRule,
  from: number,
  to: number,
): number[] {
  if (rrule !== undefined) {
    const start = first.replaceAll(/[-:]/g, '').slice(0, 15);
    const rule = new RRuleTemporal({ rruleString: `DTSTART;TZID=${time_zone}:${start}\nRRULE:${rrule}` });
    return rule
      .between(new Date(from), new Date(to), true)
      .slice(0, MOST_WINDOWS)
      .map((occurrence) => occurrence.epochMilliseconds);
  }
  const found: number[] = [];
  const schedule = new Cron(cron!, { timezone: time_zone, paused: true });
  // A match at `from` itself counts, and croner only finds matches after the moment that it is given.
  let at = schedule.nextRun(new Date(from - 1_000));
  while (at && at.getTime() < to && found.length < MOST_WINDOWS) {
    if (at.getTime() >= from) found.push(at.getTime());
    at = schedule.nextRun(at);
  }
  return found;
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
