import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FleetWatch } from '../../src/operations/watch-fleet.js';
import type { Pulse } from '../../src/store/experiment-list.js';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function pulse(_id: string, more: Partial<Pulse> = {}): Pulse {
  const start_at = NOW - 24 * HOUR;
  return { ...{ _id, state: 'running', holds: [], paused: false, start_at, next_look_at: NOW }, ...more };
}

function setUp(pulses: Pulse[], folded: Record<string, number> = {}, more: object = {}) {
  const store = {
    experimentList: {
      counts: () => Promise.resolve({ running: 1, completed: 7 }),
      pulses: () => Promise.resolve(pulses),
    },
    commands: { pending: () => Promise.resolve([]) },
    inbox: { waiting: () => Promise.resolve({ at: NOW, oldest: null }) },
    deliveries: { firstDue: () => Promise.resolve(null) },
    totals: {
      foldedSince: (at: number) =>
        Promise.resolve(new Map(Object.entries(folded).filter(([, when]) => when >= at))),
    },
    emergencyStops: { standing: () => Promise.resolve([]) },
    experiments: { underWay: () => Promise.resolve([]) },
    ...more,
  };
  return new FleetWatch({ store: store as never, observe: () => Promise.resolve([]) });
}

it('counts states, holds and what is paused', async () => {
  const fleet = setUp([
    pulse('a', { holds: ['srm', 'stale_data'] }),
    pulse('b', { holds: ['srm'], paused: true }),
  ]);
  expect(fleet.fleet).toBeNull();
  await fleet.round();
  expect(fleet.fleet).toMatchObject({ paused: 1, folding_lag: 0, commands: { waiting: 0, oldest: 0 } });
  expect(fleet.fleet!.states).toEqual([
    ['running', 1],
    ['completed', 7],
  ]);
  expect([...fleet.fleet!.holds]).toEqual([
    ['srm', 2],
    ['stale_data', 1],
  ]);
});

it('names the experiments whose data are oldest and whose looks are latest, and no more than a hundred', async () => {
  const many = Array.from({ length: 150 }, (_, n) => pulse(`e${n}`, { next_look_at: NOW - n * 1_000 }));
  const folded = { e1: NOW - 2_000, young: NOW - 1_000 };
  const queued = pulse('queued', { state: 'queued', next_look_at: NOW - HOUR });
  const young = pulse('new', { start_at: NOW - 60_000, next_look_at: null });
  const fleet = setUp([...many, queued, young, pulse('young')], folded);
  await fleet.round();
  const { data_ages, looks_overdue } = fleet.fleet!;
  expect([data_ages.length, looks_overdue.length]).toEqual([100, 100]);
  expect(looks_overdue[0]).toEqual(['e149', 149]);
  // Nothing of it was heard in the hour that was looked back, and it is older.
  expect(data_ages[0]![1]).toBe(3_600);
  const few = setUp([pulse('e1'), young], folded);
  await few.round();
  expect(few.fleet!.data_ages).toEqual([
    ['new', 60],
    ['e1', 2],
  ]);
});

it('silence is counted on from when something was heard last', async () => {
  const folded = { e: NOW - 2_000 };
  const fleet = setUp([pulse('e')], folded);
  await fleet.round();
  vi.advanceTimersByTime(3 * HOUR);
  await fleet.round();
  expect(fleet.fleet!.data_ages).toEqual([['e', 3 * 3_600 + 2]]);
});

it('a stop is incomplete until all that it met obey it', async () => {
  const stop = {
    _id: 's',
    at: new Date(NOW).toISOString(),
    experiment_ids: ['e'],
    fence_revision: 3,
    released_at: null,
  };
  let underWay: object[] = [{ _id: 'e', state: 'rolling_back', view: { holds: [] } }];
  const fleet = setUp(
    [pulse('e')],
    {},
    {
      emergencyStops: { standing: () => Promise.resolve([stop]) },
      experiments: { underWay: () => Promise.resolve(underWay) },
    },
  );
  await fleet.round();
  expect(fleet.fleet!.stops).toEqual({ in_force: 1, incomplete: 1 });
  underWay = [];
  await fleet.round();
  expect(fleet.fleet!.stops).toEqual({ in_force: 1, incomplete: 0 });
});

it('what was seen long ago is not told as what is', async () => {
  const fleet = setUp([]);
  await fleet.round();
  vi.advanceTimersByTime(59_000);
  expect(fleet.fleet).not.toBeNull();
  vi.advanceTimersByTime(2_000);
  expect(fleet.fleet).toBeNull();
});

it('says how late the first alert is that is due', async () => {
  const late = async (due_at: number | null): Promise<number> => {
    const fleet = setUp([], {}, { deliveries: { firstDue: () => Promise.resolve(due_at) } });
    await fleet.round();
    return fleet.fleet!.alerts_overdue;
  };
  expect([await late(NOW - 90_000), await late(null)]).toEqual([90, 0]);
});
