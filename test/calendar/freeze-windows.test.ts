import { describe, expect, it } from 'vitest';
import { ruleError, windowsBetween, type FreezeRule } from '../../src/calendar/freeze-windows.js';
import { policySchema, standardPolicy } from '../../src/model/policy.js';

describe('freeze windows', () => {
  it('recur by cron or RRULE in their time zone, over changes of the clock', () => {
    const at = (text: string): number => Date.parse(text);
    const cron = { cron: '0 18 * * 5', time_zone: 'Europe/Berlin', duration: 3_600_000 };
    const rrule = {
      rrule: 'FREQ=WEEKLY;BYDAY=FR',
      from: '2026-01-02T18:00:00',
      time_zone: 'Europe/Berlin',
      duration: 3_600_000,
    };
    for (const rule of [cron, rrule]) {
      const windows = windowsBetween([rule], at('2026-10-20T00:00:00Z'), at('2026-11-01T00:00:00Z'));
      expect(windows.map(({ from }) => new Date(from).toISOString())).toEqual([
        '2026-10-23T16:00:00.000Z',
        '2026-10-30T17:00:00.000Z',
      ]);
    }
    expect(windowsBetween([cron], at('2026-10-23T16:30:00Z'), at('2026-10-23T16:40:00Z'))).toHaveLength(1);
    expect(
      windowsBetween(
        [cron, { ...cron, cron: '30 18 * * 5' }],
        at('2026-10-23T00:00:00Z'),
        at('2026-10-24T00:00:00Z'),
      ),
    ).toEqual([{ from: at('2026-10-23T16:00:00Z'), to: at('2026-10-23T17:30:00Z') }]);
  });

  it('are refused by the name of the field where they are malformed', () => {
    const refused = (window: object): string[] => {
      const policy = { ...standardPolicy, freeze_windows: [{ duration: '1h', ...window }] };
      return policySchema.safeParse(policy).error?.issues.map(({ path }) => path.join('.')) ?? [];
    };
    expect(refused({ cron: 'every friday' })).toEqual(['freeze_windows.0.cron']);
    expect(refused({ rrule: 'FREQ=NEVER' })).toEqual(['freeze_windows.0.rrule']);
    expect(refused({ cron: '0 0 * * *', time_zone: 'Mars/Base' })).toEqual(['freeze_windows.0.time_zone']);
    expect(refused({})).toEqual(['freeze_windows.0.cron']);
    expect(refused({ cron: '0 0 * * *' })).toEqual([]);
  });
});

const HOUR = 3_600_000;
const MINUTE = 60_000;
const utc = (text: string): number => Date.parse(`${text}Z`);

/** Every day at a local time, in both forms. */
function daily(time: string, time_zone: string, duration: number): [FreezeRule, FreezeRule] {
  const [hour, minute] = time.split(':').map(Number);
  return [
    { cron: `${minute} ${hour} * * *`, time_zone, duration },
    { rrule: 'FREQ=DAILY', from: `2026-01-01T${time}:00`, time_zone, duration },
  ];
}

function windowsOf(rule: FreezeRule, from: string, to: string): string[] {
  return windowsBetween([rule], utc(from), utc(to)).map((window) =>
    [window.from, window.to].map((at) => new Date(at).toISOString().slice(5, 16)).join(' – '),
  );
}

describe('where clocks change, a freeze window is as long as any reading of its rule makes it', () => {
  it.each([
    // Put forward: the skipped time begins at the change.
    ['Europe/Berlin', '02:30', HOUR, '2027-03-27T12:00', '03-28T01:00 – 03-28T02:00'],
    ['America/New_York', '02:30', HOUR, '2027-03-13T12:00', '03-14T07:00 – 03-14T08:00'],
    ['Australia/Lord_Howe', '02:15', HOUR, '2026-10-03T00:00', '10-03T15:30 – 10-03T16:30'],
    ['America/Santiago', '00:00', HOUR, '2026-09-05T12:00', '09-06T04:00 – 09-06T05:00'],
    // Put back: the time that comes twice is frozen both times.
    ['Europe/Berlin', '02:30', HOUR, '2026-10-24T12:00', '10-25T00:30 – 10-25T02:30'],
    ['America/New_York', '01:30', HOUR, '2026-10-31T12:00', '11-01T05:30 – 11-01T07:30'],
    ['Australia/Lord_Howe', '01:45', HOUR / 2, '2027-04-03T00:00', '04-03T14:45 – 04-03T15:45'],
    // A night that is an hour longer is frozen to its end, and one that is shorter for the whole duration.
    ['Europe/Berlin', '20:00', 10 * HOUR, '2026-10-24T12:00', '10-24T18:00 – 10-25T05:00'],
    ['Europe/Berlin', '20:00', 10 * HOUR, '2027-03-27T12:00', '03-27T19:00 – 03-28T05:00'],
  ])('%s at %s for %d ms, from %s', (time_zone, time, duration, from, expected) => {
    const to = new Date(utc(from) + 24 * HOUR).toISOString().slice(0, 16);
    for (const rule of daily(time, time_zone, duration)) expect(windowsOf(rule, from, to)[0]).toBe(expected);
  });

  /** Tells what a clock on the wall shows, by other means than the code: minutes since midnight. */
  const wallOf = (timeZone: string): ((at: number) => number) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
    return (at) => {
      const [hour, minute] = format.format(at).split(':').map(Number);
      return hour! * 60 + minute!;
    };
  };

  it.each([
    ['Europe/Berlin', '2027-03-28T01:00'],
    ['Europe/Berlin', '2026-10-25T01:00'],
    ['Australia/Lord_Howe', '2026-10-03T15:30'],
    ['Australia/Lord_Howe', '2027-04-03T15:00'],
    ['America/Santiago', '2026-09-06T04:00'],
    ['America/Havana', '2026-11-01T05:00'],
    ['Asia/Tokyo', '2026-11-01T05:00'],
  ])(
    '%s at %s: whenever the wall shows a frozen time it is frozen, on every day, in both forms',
    (zone, at) => {
      const [from, to] = [utc(at) - 30 * HOUR, utc(at) + 30 * HOUR];
      const minuteOfDay = wallOf(zone);
      for (let begins = 0; begins < 24 * 60; begins += 45) {
        const time = new Date(begins * MINUTE).toISOString().slice(11, 16);
        const [byCron, byRrule] = daily(time, zone, 50 * MINUTE).map((rule) =>
          windowsBetween([rule], from, to),
        );
        expect(byRrule).toEqual(byCron);
        const isFrozen = (moment: number): boolean =>
          byCron!.some((window) => window.from <= moment && moment < window.to);
        const open = Array.from({ length: 60 * 12 }, (_, index) => from + index * 5 * MINUTE).filter(
          (moment) => (minuteOfDay(moment) - begins + 24 * 60) % (24 * 60) < 50 && !isFrozen(moment),
        );
        expect(open.map((moment) => new Date(moment).toISOString())).toEqual([]);
        // Also on a day on which the clock never shows it: no 26 hours without a freeze.
        const ends = [from, ...byCron!.map((window) => window.to)];
        const longest = Math.max(
          ...[...byCron!.map((window) => window.from), to].map((one, n) => one - ends[n]!),
        );
        expect(longest).toBeLessThan(26 * HOUR);
      }
    },
  );

  it('an RRULE ends at its UNTIL, which is a moment in UTC', () => {
    const rule = {
      rrule: 'FREQ=DAILY;UNTIL=20260703T010000Z',
      from: '2026-07-01T21:30:00',
      time_zone: 'America/New_York',
      duration: HOUR,
    };
    expect(windowsOf(rule, '2026-07-01T00:00', '2026-07-10T00:00')).toEqual(['07-02T01:30 – 07-02T02:30']);
    const later = { ...rule, rrule: 'FREQ=DAILY;UNTIL=20260703T013000Z' };
    expect(windowsOf(later, '2026-07-01T00:00', '2026-07-10T00:00')).toHaveLength(2);
  });

  it('rules that begin more than that are refused, for every look would compute them', () => {
    const often = { time_zone: 'UTC', duration: HOUR };
    for (const cron of ['* * * * * *', '*/5 0 * * * *', '0,30 * * * * *'])
      expect(ruleError({ ...often, cron })).toMatchObject({
        field: 'cron',
        message: expect.stringMatching(/once a minute/) as string,
      });
    for (const rrule of [
      'FREQ=SECONDLY',
      'freq=minutely;INTERVAL=5',
      'FREQ=DAILY;BYMINUTE=0,1',
      'FREQ=HOURLY;BYSECOND=1,2',
    ])
      expect(ruleError({ ...often, rrule })).toMatchObject({
        field: 'rrule',
        message: expect.stringMatching(/once an hour/) as string,
      });
    for (const rule of [{ cron: '0 * * * * *' }, { cron: '* * * * *' }, { rrule: 'FREQ=HOURLY;BYMINUTE=30' }])
      expect(ruleError({ ...often, ...rule })).toBeNull();
  });

  it('an hourly RRULE whose windows last for years is as long as it is asked for', () => {
    const rule = {
      rrule: 'FREQ=HOURLY',
      from: '2016-01-01T00:00:00',
      time_zone: 'UTC',
      duration: 3_660 * 24 * HOUR,
    };
    const [window] = windowsBetween([rule], utc('2026-10-25T00:00'), utc('2027-10-25T00:00'));
    expect(window!.from).toBeLessThanOrEqual(utc('2026-10-25T00:00'));
    const rare = { ...rule, rrule: 'FREQ=DAILY;INTERVAL=100', duration: HOUR };
    expect(windowsBetween([rare], utc('2026-01-01T00:00'), utc('2027-01-01T00:00'))).toHaveLength(4);
  });

  it('rules that begin a window every minute freeze all the time', () => {
    const rule = { cron: '* * * * *', time_zone: 'Europe/Berlin', duration: 10 * MINUTE };
    const [window] = windowsBetween([rule], utc('2026-10-25T00:00'), utc('2026-10-25T03:00'));
    expect(window!.from).toBeLessThanOrEqual(utc('2026-10-25T00:00'));
    expect(window!.to).toBeGreaterThan(utc('2026-10-25T03:00'));
  });
});
