import { expect, it } from 'vitest';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { DAY_MS } from '../../src/model/time.js';
import { unknownGuardrails, unseenGuardrails } from '../../src/operations/unseen-guardrails.js';

const NOW = 1_800_000_000_000;

function unseen(seen: Record<string, number>, roles: Record<string, 'primary' | 'guardrail'>) {
  const eventTypes = { lastSeen: () => Promise.resolve(new Map(Object.entries(seen))) };
  const metrics = Object.entries(roles).map(([id, role]) => ({
    role,
    metric: metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === id)),
  }));
  return unseenGuardrails({ eventTypes } as never, { metrics }, NOW);
}

it('names every guardrail whose events did not arrive in the last 7 days', async () => {
  const roles = { click_through_rate: 'primary', error_rate: 'guardrail', error_share: 'guardrail' } as const;
  const never = await unseen({}, roles);
  expect(never.map(({ text }) => text.split(';')[0])).toEqual([
    'guardrail error_rate: no event of type error arrived in the last 7 days',
    'guardrail error_share: no event of type error or request arrived in the last 7 days',
  ]);
  const fresh = NOW - 7 * DAY_MS;
  expect(await unseen({ error: fresh, request: fresh }, roles)).toEqual([]);
  expect(await unseen({ error: fresh - 1, request: fresh }, roles)).toHaveLength(2);
  expect(await unseen({}, { click_through_rate: 'primary' })).toEqual([]);
});

it('says of every guardrail that it is not known where events could not be looked up', () => {
  const metrics = ['click_through_rate:primary', 'error_rate:guardrail', 'error_share:guardrail'].map(
    (text) => {
      const [id, role] = text.split(':') as [string, 'primary' | 'guardrail'];
      return { role, metric: metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === id)) };
    },
  );
  expect(unknownGuardrails({ metrics }).map(({ code, text }) => [code, text.split(':')[0]])).toEqual([
    ['guardrail_unseen', 'guardrail error_rate'],
    ['guardrail_unseen', 'guardrail error_share'],
  ]);
});

it('names a guardrail whose property none of the events has that came lately', async () => {
  const metric = metricSchema.parse({
    ...{ metric_id: 'fatal_errors', kind: 'error_rate', event: 'error', direction: 'decrease' },
    where: { severity: 'fatal' },
  });
  const of = (properties: object[], type = 'error') =>
    unseenGuardrails(
      {
        eventTypes: { lastSeen: () => Promise.resolve(new Map([['error', NOW]])) },
        recentEvents: {
          newest: () =>
            Promise.resolve(
              properties.map((one) => ({ type, at: NOW, received_at: NOW, value: 0, properties: one })),
            ),
        },
      } as never,
      { metrics: [{ role: 'guardrail', metric }] },
      NOW,
    );
  expect((await of([{ level: 'fatal' }, {}])).map(({ text }) => text.split(',')[0])).toEqual([
    'guardrail fatal_errors: none of the last 2 events of type error had the property severity',
  ]);
  expect(await of([{ severity: 'low' }, {}])).toEqual([]);
  expect(await of([{}], 'other')).toEqual([]);
  expect(await of([])).toEqual([]);
});
