import { describe, expect, it } from 'vitest';
import { keptByType, keptProperties } from '../../src/ingest/keep-properties.js';
import { isPropertyName, looksPersonal } from '../../src/model/property.js';

const KEPT = keptByType([
  { type: 'click', name: 'place', personal: false },
  { type: 'click', name: 'contact', personal: true },
  { type: 'click', name: 'tags', personal: false },
]);

function kept(properties: Record<string, unknown>, type = 'click') {
  const dropped: string[] = [];
  const found = keptProperties({ type, properties }, KEPT, (why) => dropped.push(why));
  return { found, dropped };
}

describe('of the properties of an event', () => {
  it('only those are kept that a metric names for its type', () => {
    expect(kept({ place: 'top', other: 'x', tags: ['a', 2, true] }).found).toEqual({
      place: 'top',
      tags: ['a', 2, true],
    });
    expect(kept({ place: 'top' }, 'view').found).toBeUndefined();
    expect(kept({ other: 'x' }).found).toBeUndefined();
    expect(kept({ place: null })).toEqual({ found: undefined, dropped: [] });
  });

  it.each<[string, unknown, string]>([
    ['an object', { a: 1 }, 'property_nested'],
    ['a list of objects', [{ a: 1 }], 'property_nested'],
    ['a list in a list', [['a']], 'property_nested'],
    ['a long text', 'x'.repeat(257), 'property_too_large'],
    ['a long list', Array.from({ length: 21 }, () => 1), 'property_too_large'],
    ['a number beyond all', Infinity, 'property_too_large'],
    ['an e-mail address', 'Ann <ann@mail.example>', 'property_personal'],
    ['one in a list', ['x', 'ann@mail.example'], 'property_personal'],
  ])('%s is not kept', (_, value, why) => {
    expect(kept({ place: value, tags: 'a' })).toEqual({ found: { tags: 'a' }, dropped: [why] });
  });

  it('what is about a person is kept where the metric says so', () => {
    expect(kept({ contact: 'ann@mail.example' }).found).toEqual({ contact: 'ann@mail.example' });
  });

  it('no more is kept than fits, whatever it is that does not', () => {
    const texts = Array.from({ length: 7 }, () => 'x'.repeat(256));
    const { found, dropped } = kept({
      contact: 'y'.repeat(256),
      place: 'z'.repeat(256),
      tags: [...texts, 'x'.repeat(200)],
    });
    expect(Object.keys(found!)).toEqual(['place', 'contact']);
    expect(dropped).toEqual(['property_too_large']);
  });

  it('names of objects themselves are no names', () => {
    const wrong = [
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'a.b',
      '$a',
      '',
      'targetingKey',
      ' a',
      'x'.repeat(65),
    ];
    expect(wrong.filter(isPropertyName)).toEqual([]);
    expect(
      ['plan', 'utm:source', 'größe', '_x', '2nd', 'a-b'].filter((name) => !isPropertyName(name)),
    ).toEqual([]);
  });
});

it.each<[string | number, boolean]>([
  ['ann@mail.example', true],
  ['mailto:ann.b+c@mail.example?subject=x', true],
  ['192.168.0.1', true],
  ['from 10.1.2.3:80', true],
  ['2001:db8::1', true],
  ['2001:0db8:0000:0000:0000:ff00:0042:8329', true],
  ['+49 30 1234567', true],
  ['4111 1111 1111 1111', true],
  [4_111_111_111_111_111, false],
  ['4111 1111 1111 1112', false],
  ['@home', false],
  ['radio', false],
  ['1.2.3', false],
  ['12:30', false],
  ['std::vector', false],
  ['2026-11-28T12:00:00Z', false],
  ['1764331200000', false],
  ['+5', false],
])('%s looks like somebody: %s', (value, expected) => {
  expect(looksPersonal(value)).toBe(expected);
});
