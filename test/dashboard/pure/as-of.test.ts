import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../../dashboard/src/api/client.js';
import {
  interruptionsAt,
  placeOf,
  planAt,
  seriesUntil,
  stagesAt,
} from '../../../dashboard/src/pages/experiment/past/as-of.js';
import type { Stage } from '../../../dashboard/src/pictures/ramp.js';
import { chosenLook } from '../../../dashboard/src/app/search.js';

const HOUR_MS = 3_600_000;
const hour = (n: number): string => new Date(n * HOUR_MS).toISOString();

function stage(
  kind: Stage['kind'],
  step: number,
  status: Stage['status'],
  from?: number,
  until?: number,
): Stage {
  return {
    ...{ kind, step, status, coverage: 10, gates: [] },
    from: from === undefined ? null : hour(from),
    until: until === undefined ? null : hour(until),
  };
}

/** Shipped: steps of one hour, one of them skipped, a run until 5, a roll-out until 6, watched until 8. */
const SHIPPED = [
  stage('ramp', 0, 'done', 0, 1),
  stage('ramp', 1, 'skipped'),
  stage('ramp', 2, 'done', 1, 2),
  stage('run', 0, 'done', 2, 5),
  stage('rollout', 0, 'done', 5, 6),
  stage('watch', 0, 'done', 6, 8),
];

const statuses = (stages: readonly Stage[]): string => stages.map(({ status }) => status).join(' ');

describe('the stages of then', () => {
  it.each([
    [0.5, 'now planned planned planned if_won if_won'],
    [1, 'done skipped now planned if_won if_won'],
    [4.9, 'done skipped done now if_won if_won'],
    [5.5, 'done skipped done done now planned'],
    [7, 'done skipped done done done now'],
    [9, 'done skipped done done done done'],
  ])('after %s hours are %s', (hours, wanted) => {
    expect(statuses(stagesAt(SHIPPED, hours * HOUR_MS))).toBe(wanted);
  });

  it('have no time that was known only later', () => {
    for (let at = 0; at < 9; at += 0.25)
      for (const { from, until } of stagesAt(SHIPPED, at * HOUR_MS))
        for (const time of [from, until])
          if (time !== null) expect(Date.parse(time)).toBeLessThanOrEqual(at * HOUR_MS);
  });

  it('take nothing planned for something that was', () => {
    const running = [
      stage('ramp', 0, 'done', 0, 1),
      stage('ramp', 1, 'now', 1, 3),
      stage('run', 0, 'planned', 3, 9),
    ];
    // Planned times may pass while something holds: they are no beginnings.
    expect(statuses(stagesAt(running, 4 * HOUR_MS))).toBe('done now planned');
    expect(stagesAt(running, 4 * HOUR_MS)[1]!.until).toBeNull();
  });

  it('of one that ended in its ramp were planned before', () => {
    const stopped = [
      stage('ramp', 0, 'done', 0, 1),
      stage('run', 0, 'skipped'),
      stage('watch', 0, 'skipped'),
    ];
    expect(statuses(stagesAt(stopped, 0.5 * HOUR_MS))).toBe('now planned if_won');
    expect(statuses(stagesAt(stopped, 2 * HOUR_MS))).toBe('done planned if_won');
  });
});

it('holds of then: those that had begun, open where they lasted', () => {
  const all = [
    { code: 'srm', from: hour(1), until: hour(2), reason: null },
    { code: 'paused', from: hour(2), until: hour(4), reason: 'lunch' },
    { code: 'freeze_window', from: hour(9), until: hour(10), reason: null },
  ];
  const then = interruptionsAt(all, 3 * HOUR_MS);
  expect(then.map(({ code, until }) => [code, until])).toEqual([
    ['srm', hour(2)],
    ['paused', null],
  ]);
});

const one = { metric_id: 'm', variant: 't', log_e_harm: [0, 1, 2] };
const numbers = [0.1, 0.2, null];
const SERIES = {
  experiment_id: 'e',
  looks_in_all: 9,
  epochs: [
    { epoch: 0, kind: 'experiment', from: hour(1), to: hour(2) },
    { epoch: 1, kind: 'rollout', from: hour(3), to: hour(3) },
  ],
  looks: [1, 2, 3].map((n) => ({
    ...{ n: n * 3, snapshot_id: `e:${n}`, at: hour(n), revision: 1, epoch: n === 3 ? 1 : 0, units: {} },
    srm_log_bayes_factor: null,
  })),
  series: [
    {
      ...{ ...one, lift: numbers, lower: numbers, upper: numbers },
      ...{ difference: numbers, difference_lower: numbers, difference_upper: numbers },
    },
  ],
} satisfies Schemas['Series'];

it('the series of then ends with the look, in every one of its lists', () => {
  const cut = seriesUntil(SERIES, 2 * HOUR_MS);
  expect(cut.looks.map(({ n }) => n)).toEqual([3, 6]);
  expect(cut.looks_in_all).toBe(6);
  expect(cut.epochs.map(({ epoch }) => epoch)).toEqual([0]);
  const lists = Object.values(cut.series[0]!).filter((value) => Array.isArray(value));
  expect(lists.map((list) => list.length)).toEqual(Array(lists.length).fill(2));
  expect(lists).toHaveLength(7);
  expect(seriesUntil(SERIES, 0).looks_in_all).toBe(0);
});

it('a look that the series leaves out lies at the one before it', () => {
  const { looks } = SERIES;
  expect(placeOf(looks, { snapshot_id: 'e:2', at: hour(2) })).toBe(1);
  expect(placeOf(looks, { snapshot_id: 'e:2.5', at: hour(2.5) })).toBe(1);
  expect(placeOf(looks, { snapshot_id: 'e:0', at: hour(0) })).toBe(-1);
});

it('the plan of then keeps the numbers that the start froze', () => {
  const plan = { experiment_id: 'e', thresholds: { harm: 50 }, stages: SHIPPED, interruptions: [] } as never;
  expect(planAt(plan, HOUR_MS)).toMatchObject({ experiment_id: 'e', thresholds: { harm: 50 } });
});

it.each([
  [{ look: 'e:1' }, { look: 'e:1' }],
  [{ look: '' }, {}],
  [{ look: 14 }, {}],
  [{ look: 'x'.repeat(301) }, {}],
  [{}, {}],
])('an address with %j names the look %j', (search, wanted) => {
  expect(chosenLook(search)).toEqual(wanted);
});
