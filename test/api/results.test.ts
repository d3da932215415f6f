import { afterAll, beforeAll, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { Door } from './door.js';

let door: Door;
/** Looks at 1, 2 and 3 s; the decision on the last one is some milliseconds older than it. */
const LOOKS = [
  [1_000, 0],
  [2_000, 0],
  [3_005, 1],
] as const;
const DECIDED_AT = 3_000;
const EVIDENCE = { metrics: [], srm: { log_bayes_factor: 0 } };
/** The first one is taken a little after its look, as is usual; the look at 2 s decided the same, which is not stored. */
const DECISIONS = [
  { n: 1, at: 1_020, row: 7, decision: 'continue', snapshot_id: 'e:1000' },
  { n: 2, at: DECIDED_AT, row: 10, decision: 'winner', variant: 'treatment', snapshot_id: 'e:3005' },
  { n: 3, at: 3_500, row: 1, decision: 'roll_back', snapshot_id: null },
];

beforeAll(async () => {
  door = await Door.open();
  const { store } = door.api;
  for (const id of ['e', 'other']) {
    const definition = experimentSchema.parse({
      ...{ experiment_id: id, success_metrics: { primary: ['click_through_rate'] } },
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    });
    await store.experiments.create(definition, id, 'root');
  }
  for (const [at, epoch] of LOOKS) {
    await store.snapshots.put({
      ...{ _id: `e:${at}`, experiment_id: 'e', at, input: {} as never },
      look: {
        revision: 1,
        epoch,
        units: {},
        evidence: EVIDENCE,
        running_p: {},
        quantiles: {},
      } as never,
    });
  }
  for (const decision of DECISIONS)
    await store.decisions.add('e', { ...decision, reasons: [], circumstances: null } as never, {} as never);
});

afterAll(() => door.close());

it('says in words that nothing is compared, where nobody keeps the control', async () => {
  const { body } = await door.call('get', '/v1/experiments/e/results');
  expect(body['uncompared']).toBe(
    'nobody keeps the control, so there is nothing to compare; epoch 0 has what was compared before the winner shipped',
  );
});

async function shown(query: string, id = 'e'): Promise<unknown> {
  const { status, body } = await door.call('get', `/v1/experiments/${id}/results${query}`);
  return status === 200 ? body['snapshot_id'] : `${status} ${String(body['code'])}`;
}

const at = (ms: number): string => `?at=${encodeURIComponent(new Date(ms).toISOString())}`;

it.each([
  ['', 'e:3005'],
  [at(2_999), 'e:2000'],
  // The look that the decision rests on, though its own clock is ahead.
  [at(DECIDED_AT), 'e:3005'],
  [at(3_010), 'e:3005'],
  [at(999), '404 no_snapshot_yet'],
  ['?snapshot_id=e:1000', 'e:1000'],
  ['?snapshot_id=e:1', '404 not_found'],
  ['?epoch=0', 'e:2000'],
  ['?epoch=1', 'e:3005'],
  ['?epoch=2', '404 no_snapshot_yet'],
  ['?epoch=x', '422 validation_failed'],
  ['?epoch=0&snapshot_id=e:1000', '422 validation_failed'],
])('results%s are those of %s', async (query, wanted) => {
  expect(await shown(query)).toBe(wanted);
});

it('a snapshot of another experiment is none of this one', async () => {
  expect(await shown('?snapshot_id=e:1000', 'other')).toBe('404 not_found');
});

it.each([
  ['?snapshot_id=e:1000', 1, 7],
  ['?snapshot_id=e:2000', 1, 7],
  ['?epoch=0', 1, 7],
  ['?snapshot_id=e:3005', 2, 10],
  [at(3_010), 2, 10],
])('results%s have the decision that stood then: %s, by row %s', async (query, n, row) => {
  const { body } = await door.call('get', `/v1/experiments/e/results${query}`);
  expect(body).toMatchObject({ decision_n: n, decision: { row } });
});

it('a look before every decision has none', async () => {
  const { store } = door.api;
  const look = { revision: 1, epoch: 0, units: {}, evidence: EVIDENCE, running_p: {}, quantiles: {} };
  await store.snapshots.put({ _id: 'e:500', experiment_id: 'e', at: 500, input: {}, look } as never);
  const { body } = await door.call('get', '/v1/experiments/e/results?snapshot_id=e:500');
  expect(body).toMatchObject({ decision: null, decision_n: null });
});

it('the looks of a series have their number among all that are kept', async () => {
  const { body } = await door.call('get', '/v1/experiments/e/series?points=2');
  const looks = body['looks'] as { n: number; snapshot_id: string }[];
  const all = (await door.api.store.snapshots.moments('e')).map(({ _id }) => _id);
  for (const { n, snapshot_id } of looks) expect(all[n - 1]).toBe(snapshot_id);
  expect(body['looks_in_all']).toBe(all.length);
});
