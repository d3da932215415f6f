import { expect, it } from 'vitest';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { isMinutesId, minuteIncrements, minutesId, partsOfMinutesId } from '../../src/metrics/minutes.js';
import type { Catalog, InboxEvent } from '../../src/metrics/records.js';
import { emptyUnit, foldEvents, type UnitState } from '../../src/metrics/unit.js';
import { isId } from '../../src/model/id.js';
import { builtInMetrics } from '../../src/model/metric.js';

/** Twelve minutes into an hour. */
const NOW = Math.floor(1_800_000_000_000 / 3_600_000) * 3_600_000 + 12 * 60_000;
const [ERRORS, LATENCY] = ['error_rate', 'latency_p95'].map((id) =>
  metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === id)),
) as [ReturnType<typeof metricSchema.parse>, ReturnType<typeof metricSchema.parse>];
const CATALOG: Catalog = new Map([
  ['e', { metrics: [ERRORS, LATENCY], watched: [ERRORS, LATENCY], live: true }],
]);
const ID = minutesId('e', 0, NOW);

const exposure = (variant = 'control', more: object = {}): InboxEvent => ({
  ...{ kind: 'exposure', unit: 'a', id: 'x', at: NOW, experiment_id: 'e', epoch: 0, band: 1 },
  ...{ variant, mismatch: false },
  ...more,
});
const value = (type: string, amount: number, more: object = {}): InboxEvent => ({
  ...{ kind: 'value', unit: 'a', id: `${type}${amount}`, at: NOW + 1, type, value: amount },
  ...more,
});

/** What the steps add, each with when its events are received; paths below the minute. */
function counted(...steps: [received_at: number, ...events: InboxEvent[]][]): Record<string, string>[] {
  return countedBy(CATALOG, ...steps);
}

function countedBy(
  catalog: Catalog,
  ...steps: [received_at: number, ...events: InboxEvent[]][]
): Record<string, string>[] {
  let state: UnitState = emptyUnit();
  return steps.map(([received_at, ...events]) => {
    const received = events.map((event) => ({ event, received_at }));
    const folded = foldEvents(state, received, catalog, received_at);
    const increments = minuteIncrements(state, folded, catalog);
    state = folded.unit;
    for (const [id] of increments) expect(id).toBe(ID);
    return Object.fromEntries(increments.map(([, path, amount]) => [path.replace(/^m\./, ''), amount]));
  });
}

it('counts exposures, events of metrics and their values, in the minute in which they were received', () => {
  const steps = counted(
    [NOW, exposure()],
    [NOW + 60_000, value('request', 120.5), value('error', 1), value('unknown', 1)],
  );
  expect(steps).toEqual([
    { '12.control.x': '1', '12.control.e': '1' },
    {
      '13.control.e': '2',
      '13.control.g.error_rate.n': '1',
      '13.control.g.latency_p95.n': '1',
      '13.control.g.latency_p95.s': '120500',
    },
  ]);
});

it('counts for a metric what its definition counts, and the property that is its number', () => {
  const slow = metricSchema.parse({
    ...{ metric_id: 'slow', kind: 'quantile', quantile: 0.9, event: 'request', direction: 'decrease' },
    ...{ where: { page: 'basket' }, value: 'ms' },
  });
  const catalog: Catalog = new Map([['e', { metrics: [slow], watched: [slow], live: true }]]);
  const request = (id: string, properties: object): InboxEvent => value('request', 7, { id, properties });
  const events = [
    request('1', { page: 'basket', ms: 12 }),
    request('2', { page: 'search', ms: 9 }),
    request('3', { page: 'basket' }),
  ];
  expect(countedBy(catalog, [NOW, exposure()], [NOW, ...events])[1]).toEqual({
    '12.control.e': '3',
    '12.control.g.slow.n': '1',
    '12.control.g.slow.s': '12000',
  });
});

it('counts an exposure as an arrival only where nothing had come for an hour: senders repeat them', () => {
  const again = (minutes: number): InboxEvent =>
    exposure('control', { id: `x${minutes}`, at: NOW + minutes * 60_000 });
  const arrivals = (...steps: InboxEvent[][]): (string | undefined)[] =>
    counted(...steps.map((events): [number, ...InboxEvent[]] => [NOW, ...events])).map(
      (step) => step['12.control.x'],
    );
  expect(arrivals([exposure()], [again(20)], [again(40)])).toEqual(['1', undefined, undefined]);
  expect(arrivals([exposure()], [again(60)])).toEqual(['1', '1']);
  expect(arrivals([exposure(), again(60), again(70)])).toEqual(['1']);
  const click = value('error', 1, { at: NOW + 30 * 60_000 });
  expect(arrivals([exposure()], [click], [again(60)])).toEqual(['1', undefined, undefined]);
});

it('counts what is sent again as that alone', () => {
  expect(counted([NOW, exposure()], [NOW, exposure(), exposure()])[1]).toEqual({ '12.control.d': '2' });
});

it('counts what came late as such', () => {
  const late = { at: NOW - 120_000 };
  expect(counted([NOW, exposure('control', late)])[0]).toMatchObject({ '12.control.l': '1' });
  expect(counted([NOW, exposure('control', { at: NOW - 60_000 })])[0]).not.toHaveProperty('12.control.l');
});

it('counts a unit that crosses over once, and then nothing of its events', () => {
  const other = exposure('control', { id: 'y', mismatch: true, at: NOW + 2 });
  const steps = counted([NOW, exposure()], [NOW, other], [NOW, { ...other, id: 'z' }, value('error', 1)]);
  expect(steps.slice(1)).toEqual([{ '12.control.c': '1' }, {}]);
});

it('counts nothing before the exposure, of units that were taken out, or of experiments that are over', () => {
  expect(counted([NOW, value('error', 1)])).toEqual([{}]);
  const out: InboxEvent = { kind: 'exclusion', unit: 'a', id: 'o', at: NOW, experiment_id: 'e' };
  expect(counted([NOW, exposure()], [NOW, out, value('error', 1)])[1]).toEqual({});
  const folded = foldEvents(emptyUnit(), [{ event: exposure(), received_at: NOW }], CATALOG, NOW);
  const over: Catalog = new Map([['e', { metrics: [], live: false }]]);
  expect(minuteIncrements(emptyUnit(), folded, over)).toEqual([]);
});

it('has ids that no totals have, also of experiments with colons in theirs', () => {
  const id = minutesId('team:e', 3, NOW);
  expect(isMinutesId(id) && !isId(id)).toBe(true);
  expect(isMinutesId('team:e:0:1:20000')).toBe(false);
  expect(partsOfMinutesId(id)).toEqual({ experiment_id: 'team:e', at: NOW - 12 * 60_000 });
});
