/** Times are shown in the zone of whoever looks. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dated = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

const DAY_MS = 86_400_000;

/** As short as it can be told: `14:00` today, `Thu 17:40` this week, `19 Nov 14:10`, `19 Nov 2025`. */
export function shortTime(at: number, now: number): string {
  const distance = Math.abs(at - now);
  if (new Date(at).toDateString() === new Date(now).toDateString()) return clock.format(at);
  if (distance < 6 * DAY_MS) return weekday.format(at).replace(',', '');
  if (distance < 300 * DAY_MS) return dated.format(at).replace(',', '');
  return year.format(at);
}

/** `19 Nov` */
export function shortDate(at: number): string {
  return date.format(at);
}

/** To the second, with the zone: for titles of times. */
export function exactTime(at: number): string {
  return exact.format(at);
}

/** `CET`, `GMT+2` */
export function zoneName(at: number): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ZONE;
}

/** Words of the API with the moments in them as people here write them. */
export function withTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (moment) => exactTime(Date.parse(moment)));
}
