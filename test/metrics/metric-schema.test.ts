import { describe, expect, it } from 'vitest';
import { countedBy } from '../../src/metrics/counted.js';
import { acceptedMetric, metricSchema } from '../../src/metrics/metric-schema.js';
import { propertiesOf } from '../../src/metrics/named-properties.js';
import type { MetricDocument } from '../../src/model/metric.js';
import { translatedPattern } from '../../src/model/pattern.js';
import type { Properties } from '../../src/model/property.js';

const SPENT: MetricDocument = { metric_id: 'spent', kind: 'mean', event: 'purchase', direction: 'increase' };
const RATIO: MetricDocument = {
  ...{ metric_id: 'failing', kind: 'ratio', event: 'request', denominator_event: 'request' },
  direction: 'decrease',
};

/** The paths of everything that is wrong with a definition. */
function wrongIn(document: object): string[] {
  const { error } = metricSchema.safeParse({ ...SPENT, ...document });
  return (error?.issues ?? []).map(({ path }) => path.join('.'));
}

describe('a definition of a metric', () => {
  it.each<[string, object, string[]]>([
    ['a property as the number of what is only counted', { aggregate: 'count', value: 'amount' }, ['value']],
    ['the same where counting is the default', { ...RATIO, value: 'amount' }, ['value']],
    ['a property as the number of a share', { kind: 'proportion', value: 'amount' }, ['value']],
    ['the last value of a share', { kind: 'proportion', aggregate: 'last' }, ['aggregate']],
    ['a nested property', { where: { 'cart.total': 5 } }, ['where.cart.total']],
    ['a nested property as the number', { value: 'cart.total' }, ['value']],
    ['a name that objects have by themselves', { where: { constructor: 'x' } }, ['where.constructor']],
    [
      'the same further inside',
      { where: { $or: [{ a: 1 }, { $not: { toString: 1 } }] } },
      ['where.$or.1.$not.toString'],
    ],
    ['the unit', { where: { targetingKey: 'u1' } }, ['where.targetingKey']],
    ['segments', { where: { $inGroup: 'beta' } }, ['where']],
    ['an unknown operator', { where: { plan: { $like: 'x' } } }, ['where.plan.$like']],
    ['a property that is not named', { personal_properties: ['contact'] }, ['personal_properties.0']],
    [
      'too many properties',
      { where: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`p${n}`, 1])) },
      ['where'],
    ],
  ])('is refused with %s', (_, document, paths) => {
    expect(wrongIn(document)).toEqual(paths);
  });

  it('says what to do', () => {
    const { error } = metricSchema.safeParse({ ...RATIO, value: 'amount' });
    expect(error!.issues[0]!.message).toContain('set aggregate to sum, max or last');
  });

  it('becomes portable conditions in JSON, and is read again without judging its patterns', () => {
    const document: MetricDocument = {
      ...SPENT,
      where: { plan: { $regex: '^pro', $options: 'i' } },
      value: 'value',
    };
    const metric = metricSchema.parse(document);
    const { pattern } = translatedPattern('^pro', 'i') as { pattern: string };
    expect(JSON.parse(metric.where!)).toEqual({ plan: { $regex: pattern } });
    expect(pattern).not.toBe('^pro');
    expect(metric).not.toHaveProperty('value');
    expect(acceptedMetric(document)).toEqual(metric);
    expect(metricSchema.parse({ ...SPENT, where: {} })).not.toHaveProperty('where');
  });

  it('names the properties that are kept for it, and not the own value', () => {
    const metric = metricSchema.parse({
      ...SPENT,
      ...{
        value: 'amount',
        where: { $or: [{ plan: 'pro' }, { value: { $gt: 5 } }], contact: { $exists: true } },
      },
      personal_properties: ['contact'],
    });
    expect(propertiesOf(metric)).toEqual([
      { type: 'purchase', name: 'plan', personal: false },
      { type: 'purchase', name: 'contact', personal: true },
      { type: 'purchase', name: 'amount', personal: false },
    ]);
  });
});

describe('what a metric counts', () => {
  const of = (document: object, value: number, properties?: Properties, type = 'purchase') =>
    countedBy(metricSchema.parse({ ...SPENT, ...document }), {
      ...{ type, value, at: 7 },
      ...(properties && { properties }),
    });
  const own = (value: number) => ({ value, at: 7, divides: false, lack: null });

  it('is what its conditions hold for', () => {
    const where = { plan: { $in: ['pro', 'team'] }, value: { $gte: 10 } };
    expect(of({ where }, 10, { plan: 'pro' })).toEqual(own(10));
    expect(of({ where }, 9, { plan: 'pro' })).toBe('condition');
    expect(of({ where }, 10, { plan: 'free' })).toBe('condition');
    expect(of({ where }, 10)).toBe('condition');
    expect(of({ where }, 10, { plan: 'pro' }, 'refund')).toBe('other_type');
    // A property that is called as the own value is not it.
    expect(of({ where }, 9, { plan: 'pro', value: 99 })).toBe('condition');
  });

  it('is the number in its property, and nothing where there is none', () => {
    expect(of({ value: 'amount' }, 3, { amount: 12.5 })).toEqual(own(12.5));
    const without: (Properties | undefined)[] = [
      undefined,
      {},
      { amount: '12.5' },
      { amount: true },
      { amount: [1] },
    ];
    for (const properties of without) expect(of({ value: 'amount' }, 3, properties)).toBe('no_value');
    expect(of({ value: 'amount', scale: 100 }, 3, { amount: 2 ** 40 / 100 })).toEqual(own(2 ** 40 / 100));
    expect(of({ value: 'amount', scale: 100 }, 3, { amount: 2 ** 40 })).toBe('out_of_range');
    expect(of({ value: 'amount', kind: 'quantile', quantile: 0.5 }, 3, { amount: -1e300 })).toBe(
      'out_of_range',
    );
  });

  it('of a ratio divides by all, whatever the conditions of the numerator', () => {
    const ratio = { ...RATIO, where: { status: { $gte: 500 } } };
    const request = (status: number) => of(ratio, 1, { status }, 'request');
    expect(request(503)).toEqual({ value: 1, at: 7, divides: true, lack: null });
    expect(request(200)).toEqual({ value: 0, at: 7, divides: true, lack: 'condition' });
    const other = { ...ratio, denominator_event: 'visit' };
    expect(of(other, 1, { status: 200 }, 'request')).toBe('condition');
    expect(of(other, 1, undefined, 'visit')).toEqual({ value: 0, at: 7, divides: true, lack: 'other_type' });
  });
});
