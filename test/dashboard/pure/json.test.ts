import { describe, expect, it } from 'vitest';
import { differences } from '../../../dashboard/src/pages/library/differences.js';
import { lineOf } from '../../../dashboard/src/pages/library/line-of.js';

describe('what differs', () => {
  it('is named by the deepest field that does', () => {
    const before = { ramp: [{ coverage: 1 }, { coverage: 100 }], mde: 0.1, gone: true };
    const after = { ramp: [{ coverage: 5 }, { coverage: 100 }], mde: 0.1, added: [1] };
    expect(differences(before, after)).toEqual([
      { path: 'ramp.0.coverage', before: 1, after: 5 },
      { path: 'gone', before: true, after: undefined },
      { path: 'added', before: undefined, after: [1] },
    ]);
  });

  it('is the whole where one of them is no object', () => {
    expect(differences(undefined, { a: 1 })).toEqual([{ path: '', before: undefined, after: { a: 1 } }]);
    expect(differences([1], { 0: 1 })).toHaveLength(1);
  });

  it('is nothing between equals', () => {
    expect(differences({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([]);
  });
});

describe('the line of a path', () => {
  const text = JSON.stringify({ a: { 'x"y': [1, { b: 'c, ]}' }, 3] }, 'last.one': 1, last: null }, null, 2);

  it.each([
    ['', '{'],
    ['a', '"a": {'],
    ['a.x"y.1.b', '"b": "c, ]}"'],
    ['a.x"y.2', '3'],
    ['last', '"last": null'],
  ])('%s', (path, line) => {
    expect(text.split('\n')[lineOf(text, path) - 1]!.trim()).toBe(line);
  });

  it('is that of the nearest thing that is there where a field is missing', () => {
    expect(text.split('\n')[lineOf(text, 'a.none.deeper') - 1]!.trim()).toBe('"a": {');
    expect(lineOf(text, 'none')).toBe(1);
  });
});
