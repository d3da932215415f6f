import { expect, test } from 'vitest';
import { cloneJson, jsonAttributes } from '../src/json.js';

test('attributes that are JSON are not copied', () => {
  const attributes = { a: 'x', b: 1, c: null, d: { e: [true, { f: 2 }] }, g: undefined };
  expect(jsonAttributes(attributes)).toBe(attributes);
});

test('values that JSON does not have become what JSON.stringify makes of them', () => {
  const at = new Date('2026-01-31T12:00:00Z');
  const attributes = {
    at,
    never: new Date(NaN),
    nan: NaN,
    infinite: -Infinity,
    call: () => 1,
    symbol: Symbol('s'),
    deep: { list: [at, undefined, () => 1, NaN], nothing: undefined },
  };
  const before = { ...attributes };
  expect(jsonAttributes(attributes)).toStrictEqual(JSON.parse(JSON.stringify(attributes)));
  expect(attributes).toStrictEqual(before);
});

test('a bigint is left out of objects and null in lists', () => {
  expect(jsonAttributes({ a: 1n, b: [1n, 2] })).toStrictEqual({ b: [null, 2] });
});

test('values that JSON does not have are found at any depth', () => {
  for (const value of [new Date(0), NaN, () => 1, 1n, Symbol('s'), undefined]) {
    const attributes = { a: [{ b: { c: [1, { value }] } }] };
    expect(jsonAttributes(attributes)).not.toBe(attributes);
  }
});

test('circular and shared references: each object is visited once', () => {
  const loop: Record<string, unknown> = { name: 'loop' };
  loop['self'] = loop;
  expect(jsonAttributes(loop)).toBe(loop);
  loop['at'] = new Date(0);
  const copied = jsonAttributes(loop);
  expect(copied['at']).toBe('1970-01-01T00:00:00.000Z');
  expect(copied['self']).toBe(copied);
  // 2 to the power of 60 paths, 61 objects.
  let layer: unknown = { leaf: true };
  for (let i = 0; i < 60; i += 1) layer = [layer, layer];
  const wide = { layer };
  expect(jsonAttributes(wide)).toBe(wide);
});

test('__proto__ is a key like any other', () => {
  const attributes = JSON.parse('{"__proto__":{"admin":true},"n":{"__proto__":1}}') as Record<
    string,
    unknown
  >;
  attributes['at'] = new Date(0);
  const copied = jsonAttributes(attributes);
  expect(Object.hasOwn(copied, '__proto__')).toBe(true);
  expect('admin' in copied).toBe(false);
  const value = JSON.parse('{"__proto__":{"a":1}}') as unknown;
  expect(JSON.stringify(cloneJson(value))).toBe('{"__proto__":{"a":1}}');
});

test('a clone is equal and shares nothing', () => {
  const value = { a: [1, { b: null }], c: 'x' };
  const clone = cloneJson(value);
  expect(clone).toStrictEqual(value);
  (clone.a[1] as { b: unknown }).b = 2;
  expect(value.a[1]).toStrictEqual({ b: null });
});
