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
        evidence: { metrics: [] },
        running_p: {},
        quantiles: {},
      } as never,
    });
  }
  const decision = { n: 1, at: DECIDED_AT, row: 7, decision: 'continue', reasons: [], snapshot_id: 'e:3005' };
  await store.decisions.add('e', { ...decision, circumstances: null } as never, {} as never);
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
