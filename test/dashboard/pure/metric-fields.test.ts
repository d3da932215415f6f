import { describe, expect, it } from 'vitest';
import {
  FIELDS_OF,
  isCounted,
  ofKind,
  withAggregate,
  withField,
} from '../../../dashboard/src/pages/library/metric-fields.js';
import { metricFacts } from '../../../dashboard/src/words/metric.js';
import { KINDS } from '../../../src/metrics/kinds.js';
import { metricSchema } from '../../../src/metrics/metric-schema.js';
import { METRIC_KINDS } from '../../../src/model/metric.js';

const MEAN = {
  ...{ metric_id: 'm', kind: 'mean', event: 'purchase', direction: 'increase', cap: 5 },
  ...{ value: 'amount', aggregate: 'max', where: { plan: 'pro' } },
};

describe('the form of a metric', () => {
  it.each(METRIC_KINDS)('has the fields that a %s has', (kind) => {
    expect([...FIELDS_OF[kind]].sort()).toEqual(Object.keys(KINDS[kind].fields).sort());
  });

  it.each(METRIC_KINDS)('makes of a mean a %s that can be saved', (kind) => {
    for (const mean of [MEAN, withField(MEAN, 'aggregate', undefined)])
      expect(metricSchema.safeParse(ofKind(mean, kind)).success).toBe(true);
    expect(ofKind(MEAN, kind)).toMatchObject({ where: { plan: 'pro' }, event: 'purchase' });
  });

  it('takes the property away from what is only counted', () => {
    expect(isCounted(MEAN)).toBe(false);
    const counted = withAggregate(MEAN, 'count');
    expect([isCounted(counted), 'value' in counted]).toEqual([true, false]);
    expect(metricSchema.safeParse(counted).success).toBe(true);
  });

  it('leaves out what is empty', () => {
    expect(withField(MEAN, 'value', '')).not.toHaveProperty('value');
    expect(withField(MEAN, 'window', '7d')).toMatchObject({ window: '7d' });
  });
});

it('a metric is told with its conditions and its property', () => {
  const where = { plan: { $in: ['pro', 'team'] }, $or: [{ a: 1 }, { b: { $gt: 2 } }] };
  const facts = new Map(metricFacts({ ...MEAN, where, scale: 1, personal_properties: ['plan'] } as never));
  expect(facts.get('Only where')).toBe(
    'plan is one of “pro”, “team”; At least one of these holds (a is 1; b is greater than 2)',
  );
  expect(facts.get('The number')).toBe('the property amount');
  expect(facts.get('Kept although personal')).toBe('plan');
  expect(facts.get('Kept to')).toBe('whole numbers');
  const { scale: _, ...counted } = { ...MEAN, kind: 'proportion', scale: 1 };
  expect(new Map(metricFacts(counted as never)).has('Kept to')).toBe(false);
});
