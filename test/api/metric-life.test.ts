import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MetricDocument } from '../../src/model/metric.js';
import { standardPolicy } from '../../src/model/policy.js';
import { launched } from '../store/launched.js';
import { Door } from './door.js';
import { FoldingHere } from './folding-here.js';

const METRICS: MetricDocument[] = [
  {
    ...{ metric_id: 'pro_revenue', kind: 'mean', event: 'purchase', direction: 'increase', scale: 100 },
    ...{ where: { plan: { $regex: '^pro', $options: 'i' } }, value: 'amount' },
  },
  {
    ...{ metric_id: 'last_level', kind: 'mean', event: 'progress', direction: 'increase' },
    ...{ value: 'level', aggregate: 'last' },
  },
  {
    ...{ metric_id: 'failing', kind: 'ratio', event: 'request', denominator_event: 'request' },
    ...{ direction: 'decrease', where: { status: { $gte: 500 } } },
  },
];

let door: Door;
let folding: FoldingHere;

beforeAll(async () => {
  door = await Door.open();
  const { store, refresher } = door.api;
  folding = new FoldingHere(store);
  for (const metric of METRICS)
    expect((await door.call('put', `/v1/metrics/${metric.metric_id}`, { body: metric })).status).toBe(201);
  const success_metrics = { primary: ['pro_revenue'], secondary: ['last_level', 'failing'] };
  const at = Date.now() - 60_000;
  const { definition, launch, view } = launched('e', at, { success_metrics }, standardPolicy, METRICS);
  const ranges = [{ from: 0, to: 10_000, variant: 'treatment', band: 1 }];
  await store.experiments.create(definition, 'e', 'root');
  await store.experiments.launch('e', launch, view, {
    allocation: { revision: 1, epoch: 0, ranges },
    live: true,
  });
  await store.serving.changed('experiment:e');
  await refresher.refresh();
  // The library may change: the experiment goes on with what it began with.
  for (const { metric_id } of METRICS) await door.call('delete', `/v1/metrics/${metric_id}`);
});

afterAll(async () => {
  await folding.stop();
  await door.close();
});

it('a live experiment counts by the conditions, properties and aggregates that its start froze', async () => {
  const { store, ingest } = door.api;
  const now = Date.now();
  const event = (type: string, properties?: object, ago = 0) => ({
    ...{ event_id: randomUUID(), type, unit_id: 'u1', timestamp: new Date(now - ago).toISOString() },
    ...(type === 'exposure' ? { experiment_id: 'e', variant: 'treatment' } : { properties }),
  });
  const late = event('progress', { level: 3 }, 2_000);
  const body = [
    event('exposure', undefined, 10_000),
    event('purchase', { plan: 'PRO-yearly', amount: 9.99, email: 'ann@mail.example' }),
    event('purchase', { plan: 'free', amount: 100 }),
    event('purchase', { plan: 'pro' }),
    event('progress', { level: 7 }, 1_000),
    late,
    event('request', { status: 500 }),
    event('request', { status: 200 }),
    event('request'),
  ];
  const { body: answer } = await door.call('post', '/v1/events', { body: [...body, late] });
  expect(answer).toMatchObject({ accepted: 9, duplicates: 1, rejected: [] });
  await door.call('post', '/v1/events', { body: [late] });
  const partition = store.inbox.partitionOf(ingest.pseudonymOf('u1'));
  await expect.poll(() => store.inbox.oldest(partition), { timeout: 10_000 }).toBeNull();
  await expect
    .poll(async () => (await store.totals.of('e'))[0]?.arms?.['treatment']?.metrics, { timeout: 10_000 })
    .toMatchObject({
      pro_revenue: { sum: 999n },
      last_level: { sum: 7n },
      failing: { y: 1n, d: 3n },
    });
  const { body: held } = await door.call('get', '/v1/privacy/units/u1');
  const recent = held['recent'] as { properties: object }[];
  expect(recent.map(({ properties }) => properties)).toContainEqual({ amount: 9.99, plan: 'PRO-yearly' });
  expect(JSON.stringify(held)).not.toContain('ann@mail.example');
});
