import { describe, expect, it } from 'vitest';
import type { TotalsDocument } from '../../src/metrics/totals-document.js';
import { DAY_MS } from '../../src/model/time.js';
import { daysUntil, expectedUnits } from '../../src/operations/enrolment-forecast.js';
import { arrivalsIn, measuredTraffic, type Enrolling } from '../../src/operations/measure-traffic.js';
import { launchWith, NOW } from './plan-fixtures.js';

const TODAY = NOW / DAY_MS;
const FULL = [{ revision: 1, from: 0, to: 100 }];

function enrolling(bands = FULL, more: object = {}): Enrolling {
  const launch = { ...launchWith(), start_at: NOW - 40 * DAY_MS, ...more };
  return { _id: 'past', launch, checkpoint: { bands } as never };
}

/** `units` of both arms together, first exposed on this day. */
function totals(day: number, units: number, band = 1, epoch = 0): TotalsDocument {
  const half = { units: BigInt(units / 2) };
  return { _id: `past:${epoch}:${band}:${day}`, arms: { control: half, treatment: half } };
}

const days = (from: number, to: number, units: number, band = 1, epoch = 0): TotalsDocument[] =>
  Array.from({ length: to - from + 1 }, (_, index) => totals(from + index, units, band, epoch));

describe('the traffic of the last 14 days', () => {
  it('is the first exposures over the days in which there could be any', () => {
    const measured = arrivalsIn(enrolling(), days(TODAY - 30, TODAY - 1, 1_000), NOW);
    expect(measured!.units_per_day).toBeCloseTo(1_000, 9);
    expect(measured!.source).toEqual({ experiment_id: 'past', units: 13_000, days: 13 });
  });

  it('counts each band by its width, and from its first day on', () => {
    const bands = [
      { revision: 1, from: 0, to: 10 },
      { revision: 2, from: 10, to: 50 },
    ];
    const documents = [...days(TODAY - 8, TODAY - 1, 100), ...days(TODAY - 4, TODAY - 1, 400, 2)];
    expect(arrivalsIn(enrolling(bands), documents, NOW)!.units_per_day).toBeCloseTo(1_000, 9);
  });

  it('does not count units again that roll-out and watch expose again', () => {
    const documents = [...days(TODAY - 8, TODAY - 5, 1_000), ...days(TODAY - 4, TODAY - 1, 90_000, 1, 1)];
    expect(arrivalsIn(enrolling(), documents, NOW)!.units_per_day).toBeCloseTo(1_000, 9);
  });

  it('undoes the shares that the layer and holdouts took, and takes those of the plan', () => {
    const shares = { layer: { layer_id: 'l', slots: 2_500 }, holdouts: [{ holdout_id: 'h', share: 20 }] };
    const measured = arrivalsIn(enrolling(FULL, shares), days(TODAY - 9, TODAY - 1, 1_000), NOW)!;
    expect(measured.units_per_day).toBeCloseTo(5_000, 6);
    const planned = launchWith({
      definition: { layer_id: 'l', layer_share: 50 },
      holdouts: [{ holdout_id: 'h', share: 10 }],
      history: { traffic: measured },
    });
    expect(planned.traffic!.units_per_day).toBeCloseTo(2_250, 6);
  });

  it('is not known from old exposures, less than a day, a few units, or none', () => {
    for (const documents of [days(TODAY - 30, TODAY - 20, 1_000), days(TODAY - 9, TODAY - 1, 2), []]) {
      expect(arrivalsIn(enrolling(), documents, NOW)).toBeNull();
    }
    const young = { start_at: NOW - DAY_MS / 3 };
    expect(arrivalsIn(enrolling(FULL, young), days(TODAY - 1, TODAY - 1, 5_000), NOW)).toBeNull();
  });

  it('is that of the same flag and audience, never of another', async () => {
    const { definition } = { definition: definitionWith(['a', 'b']) };
    const asked: [string, number][] = [];
    const store = (include: string[]) =>
      ({
        experiments: {
          launchedOnFlag: (flag: string, since: number) => {
            asked.push([flag, since]);
            return Promise.resolve([{ ...enrolling(), definition: definitionWith(include) }]);
          },
        },
        totals: { of: () => Promise.resolve(days(TODAY - 9, TODAY - 1, 1_000)) },
      }) as never;
    const found = await measuredTraffic(store(['b', 'a']), { flag_id: 'f', definition }, NOW);
    expect(found!.units_per_day).toBeCloseTo(1_000, 9);
    expect(await measuredTraffic(store(['a']), { flag_id: 'f', definition }, NOW)).toBeNull();
    expect(asked[0]).toEqual(['f', NOW - 14 * DAY_MS]);
  });
});

function definitionWith(include: string[]) {
  return { target_audience: { include, exclude: [] }, unit: 'user' } as never;
}

describe('N*', () => {
  const traffic = (units_per_day: number) => ({
    traffic: { units_per_day, source: { experiment_id: 'past', units: 14_000, days: 14 } },
  });

  it('is at most what the traffic brings by the horizon, whatever planned it', () => {
    // 1 h at 1 %, then a day each at 5, 10, 25 and 50 %, then the rest of 28 days.
    const full = 0.01 / 24 + 0.05 + 0.1 + 0.25 + 0.5 + (28 - 4 - 1 / 24);
    const expected_units = Math.floor(100 * full);
    const plans = [
      {},
      { policy: { planned_units: 50_000 } },
      { definition: { target_audience: { sample_size: 60_000 } } },
      { history: { baselines: { click_through_rate: { value: 0.1 } } } },
    ];
    for (const { history = {}, ...plan } of plans as { history?: object }[]) {
      const launch = launchWith({ ...plan, history: { ...history, ...traffic(100) } });
      expect(launch.planned_units).toBe(expected_units);
      expect(launch.traffic).toMatchObject({ units_per_day: 100, expected_units });
    }
  });

  it('stays the plan’s own where the traffic is larger or not known', () => {
    const policy = { planned_units: 50_000 };
    expect(launchWith({ policy, history: traffic(1e6) }).planned_units).toBe(50_000);
    const unknown = launchWith({ policy });
    expect(unknown.planned_units).toBe(50_000);
    expect(unknown.traffic).toBeUndefined();
  });

  it('leaves out units whose window has not passed by the horizon', () => {
    const of = (primary: string): number =>
      launchWith({ definition: { success_metrics: { primary: [primary] } }, history: traffic(1_000) })
        .traffic!.expected_units;
    expect(of('click_through_rate') - of('user_retention')).toBe(7_000);
  });

  it('takes as long as the forecast says', () => {
    const plan = launchWith();
    for (const length of [0.02, 0.5, 2.5, 10, 28]) {
      const units = expectedUnits({ ...plan, end_at: plan.start_at + length * DAY_MS }, 1e9);
      expect(daysUntil(plan, units, 1e9)).toBeCloseTo(length, 4);
    }
    expect(daysUntil(plan, 1, 1e9, 7 * DAY_MS)).toBeCloseTo(7, 4);
  });
});
