import type { TimelineLine } from '../../../words/timeline.js';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

const HALF_A_YEAR_MS = 180 * 86_400_000;

/** `14:02:11` */
export function clockTime(at: number): string {
  return clock.format(at);
}

/** Lines by time, the newest first, under the days of whoever looks. Their numbers are not quite in time's order. */
export function daysOf(
  lines: readonly TimelineLine[],
  now: number,
): { day: string; lines: TimelineLine[] }[] {
  const ordered = [...lines].sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.seq - a.seq);
  const days = new Map<string, TimelineLine[]>();
  for (const line of ordered) {
    const name = dayName(Date.parse(line.at), now);
    days.set(name, [...(days.get(name) ?? []), line]);
  }
  return [...days].map(([name, own]) => ({ day: name, lines: own }));
}

function dayName(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  if (isToday) return 'Today';
  return now - at > HALF_A_YEAR_MS ? dayOfYear.format(at) : day.format(at);
}
