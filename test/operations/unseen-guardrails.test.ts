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
