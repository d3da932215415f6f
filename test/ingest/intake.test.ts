import { expect, it } from 'vitest';
import { Ingest, type IngestDependencies } from '../../src/ingest/intake.js';
import type { InboxEvent } from '../../src/metrics/records.js';
import type { ServedExperiment } from '../../src/model/serving.js';
import type { RecentEvent } from '../../src/store/recent-events.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import { markOf, rulesetOf, SERVED } from '../serving/fixtures.js';

function snapshotOf(revision: number, served: ServedExperiment[], opted_out: string[] = []): ServingSnapshot {
  return {
    revision,
    ruleset: rulesetOf({ experiments: served, opted_out }),
    experiments: new Map(served.map((one) => [one.experiment_id, one])),
    eventTypes: new Set(served.flatMap((one) => one.event_types)),
    valueLimits: new Map(served.flatMap((one) => Object.entries(one.value_limits))),
    properties: served.flatMap((one) => one.properties),
    keys: new Map(),
    people: new Map(),
  };
}

/** An ingest whose process serves `first`, until it reads `second`. */
function ingestOf(first: ServingSnapshot, second: ServingSnapshot) {
  const kept: InboxEvent[] = [];
  const arrived = {
    types: [] as string[],
    codes: [] as string[],
    dropped: [] as string[],
    recent: [] as RecentEvent[],
  };
  const arrivals: IngestDependencies['arrivals'] = {
    accept: (types) => void arrived.types.push(...types),
    reject: (codes) => void arrived.codes.push(...codes),
    drop: (whys) => void arrived.dropped.push(...whys),
    remember: (events) => void arrived.recent.push(...events),
  };
  let reads = 0;
  const ingest = new Ingest({
    inbox: { partitionOf: () => 0 },
    writer: {
      assertRoom: () => undefined,
      write: (partitions) => Promise.resolve(void kept.push(...[...partitions.values()].flat())),
    },
    pseudonymise: (unit_id) => `p-${unit_id}`,
    hashEvent: (event_id) => `h-${event_id}`,
    snapshot: () => (reads === 0 ? first : second),
    catchUp: () => Promise.resolve(void (reads += 1)),
    eventTypes: { add: () => undefined },
    arrivals,
  });
  const send = async (...events: object[]) => {
    const stamped = events.map((event, n) => ({ event_id: `e${n}`, unit_id: 'u', ...event }));
    const { accepted, rejected } = await ingest.request(
      JSON.stringify(stamped.map((event) => ({ timestamp: new Date().toISOString(), ...event }))),
      false,
    );
    return { accepted, rejected, kept, reads, arrived };
  };
  return { send };
}

const exposure = { type: 'exposure', experiment_id: 'e', variant: 'treatment' };
const nobody: ServedExperiment = { ...SERVED, allocation: { revision: 2, epoch: 0, ranges: [] } };
const dropped: ServedExperiment = {
  ...SERVED,
  allocation: { revision: 4, epoch: 1, ranges: [{ from: 0, to: 10_000, variant: 'control', band: 4 }] },
};

it('judges an event at once where it counts as its sender means it', async () => {
  const { send } = ingestOf(snapshotOf(1, [SERVED]), snapshotOf(2, []));
  const { kept, reads } = await send(exposure, { type: 'click' });
  expect(kept).toMatchObject([
    { kind: 'exposure', unit: 'p-u', variant: 'treatment', band: 1, epoch: 0, mismatch: false },
    { kind: 'value', type: 'click' },
  ]);
  expect(reads).toBe(0);
});

it.each<[string, ServedExperiment[]]>([
  ['not started', []],
  ['not enrolled the unit', [nobody]],
  ['given the unit another arm', [dropped]],
])(
  'reads again before it judges an exposure of an experiment that has, as far as known, %s',
  async (_, known) => {
    const { send } = ingestOf(snapshotOf(1, known), snapshotOf(2, [SERVED]));
    const { kept } = await send(exposure);
    expect(kept).toMatchObject([{ variant: 'treatment', mismatch: false }]);
  },
);

it('reads again before it leaves out a type of event that nothing counts', async () => {
  const { send } = ingestOf(snapshotOf(1, []), snapshotOf(2, [SERVED]));
  const { accepted, kept } = await send({ type: 'click' }, { type: 'other' });
  expect([accepted, kept.map((event) => event.kind === 'value' && event.type)]).toEqual([2, ['click']]);
});

it('refuses a value that a running metric could not count exactly, and says up to where it counts', async () => {
  const scaled = { ...SERVED, value_limits: { click: 2 ** 40 / 1e9 } };
  const { send } = ingestOf(snapshotOf(1, [scaled]), snapshotOf(2, [scaled]));
  const { accepted, rejected, kept } = await send(
    { type: 'click', value: 1_099.5 },
    { type: 'click', value: 2_000 },
    { type: 'click', value: -2_000 },
    { type: 'click' },
    { type: 'other', value: 2_000 },
  );
  expect([accepted, kept.length]).toEqual([3, 2]);
  expect(rejected.map(({ index, code }) => [index, code])).toEqual([
    [1, 'value_out_of_range'],
    [2, 'value_out_of_range'],
  ]);
  expect(rejected[0]!.message).toContain(
    'between -1099.511627776 and 1099.511627776 in events of type click',
  );
});

it('keeps nothing of who opted out, and says of a wrong arm that it is wrong', async () => {
  const later = snapshotOf(2, [dropped], [markOf('gone')]);
  const { send } = ingestOf(snapshotOf(1, []), later);
  const { accepted, kept } = await send(exposure, { ...exposure, unit_id: 'gone' });
  expect([accepted, kept.length]).toEqual([2, 1]);
  expect(kept).toMatchObject([{ unit: 'p-u', variant: 'control', mismatch: true }]);
});

it('keeps the told segments that the experiment has, as bits in its order, and nothing where nobody tells', async () => {
  const segments = { names: ['ios', 'de', 'new'], definitions: [] };
  const segmented: ServedExperiment = { ...SERVED, segments };
  const { send } = ingestOf(snapshotOf(1, [segmented]), snapshotOf(2, [segmented]));
  const { accepted, rejected, kept } = await send(
    { ...exposure, segments: ['new', 'unknown', 'ios', 'ios'] },
    { ...exposure, segments: [] },
    exposure,
    { ...exposure, segments: null },
    { ...exposure, segments: 'ios' },
    { ...exposure, segments: ['a name with spaces'] },
    { ...exposure, segments: Array.from({ length: 9 }, (_, n) => `s${n}`) },
  );
  expect(accepted).toBe(4);
  expect(kept.map((event) => (event as { segments?: number }).segments)).toEqual([
    0b101,
    0,
    undefined,
    undefined,
  ]);
  expect(rejected.map(({ index, code }) => [index, code])).toEqual(
    [4, 5, 6].map((index) => [index, 'invalid_field']),
  );
});

it('keeps no segments of an experiment that has none', async () => {
  const { send } = ingestOf(snapshotOf(1, [SERVED]), snapshotOf(2, [SERVED]));
  const { kept } = await send({ ...exposure, segments: ['ios'] });
  expect(kept[0]).not.toHaveProperty('segments');
});

const named: ServedExperiment = {
  ...SERVED,
  properties: [
    { type: 'click', name: 'place', personal: false },
    { type: 'click', name: 'contact', personal: true },
  ],
};

it('keeps those properties that a metric names, and remembers what came without whose it is', async () => {
  const { send } = ingestOf(snapshotOf(1, [named]), snapshotOf(2, [named], [markOf('gone')]));
  const { kept, arrived, rejected } = await send(
    {
      type: 'click',
      value: 3,
      properties: { contact: 'a@mail.example', place: 'top', secret: 's', nested: { a: 1 } },
    },
    { type: 'click', properties: { place: 'by 10.0.0.7', secret: 's' } },
    { type: 'other', properties: { place: 'top' } },
    { ...exposure, properties: { place: 'top' } },
    { type: 'click', properties: 'place=top' },
    { type: 'click', unit_id: 'gone', properties: { place: 'top' } },
  );
  expect(kept.map((event) => (event as { properties?: unknown }).properties)).toEqual([
    { contact: 'a@mail.example', place: 'top' },
    undefined,
    undefined,
  ]);
  expect(rejected.map(({ index, code }) => [index, code])).toEqual([[4, 'invalid_field']]);
  expect(arrived.types).toEqual(['click', 'click', 'other', 'exposure', 'click']);
  expect(arrived.codes).toEqual(['invalid_field']);
  expect(arrived.dropped).toEqual(['property_personal']);
  expect(arrived.recent.map(({ type, value, properties }) => [type, value, properties])).toEqual([
    ['click', 3, { contact: 'a@mail.example', place: 'top' }],
    ['click', 0, undefined],
    ['other', 0, undefined],
  ]);
  expect(JSON.stringify(arrived.recent)).not.toMatch(/p-u|h-e|gone/);
});
