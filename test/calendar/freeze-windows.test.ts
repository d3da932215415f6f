import { describe, expect, it } from 'vitest';
import { windowsBetween } from '../../src/calendar/freeze-windows.js';
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
