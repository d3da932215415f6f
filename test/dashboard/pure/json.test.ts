import { describe, expect, it } from 'vitest';
import { lineOf } from '../../../dashboard/src/pages/library/line-of.js';

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
