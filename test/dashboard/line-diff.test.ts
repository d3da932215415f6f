import { describe, expect, it } from 'vitest';
import { diffSummary, jsonDiff, withGaps } from '../../dashboard/src/ui/line-diff.js';

const told = (before: unknown, after: unknown): string[] =>
  jsonDiff(before, after).map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`);

describe('a diff of JSON', () => {
  it('has what was added and what was removed, line by line', () => {
    expect(told({ a: 1, b: 2 }, { a: 1, b: 3, c: 4 })).toEqual([
      ' {',
      '   "a": 1,',
      '-  "b": 2',
      '+  "b": 3,',
      '+  "c": 4',
      ' }',
    ]);
    expect(told(undefined, { a: 1 })).toEqual(['+{', '+  "a": 1', '+}']);
    expect(diffSummary(jsonDiff({ a: 1 }, { a: 1 }))).toBe('Nothing differs');
    expect(diffSummary(jsonDiff({ a: 1, b: 2 }, { a: 1, b: 3, c: 4 }))).toBe('2 lines added, 1 removed');
    expect(diffSummary(jsonDiff({ a: 1 }, undefined))).toBe('3 lines removed');
  });

  it('puts both sides together again', () => {
    const [before, after] = [
      { list: [1, 2, 3], same: { deep: 'x' }, gone: null },
      { list: [2, 3, 4], same: { deep: 'x' } },
    ];
    const side = (kept: string): string =>
      jsonDiff(before, after)
        .filter(({ kind }) => kind === 'same' || kind === kept)
        .map(({ text }) => text)
        .join('\n');
    expect(JSON.parse(side('removed'))).toEqual(before);
    expect(JSON.parse(side('added'))).toEqual(after);
  });

  it('leaves out what is the same, and says how much', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`k${n}`, n]));
    const shown = withGaps(jsonDiff(many, { ...many, k20: -1 }), 2);
    expect(shown.map((one) => (one.kind === 'gap' ? one.lines : one.kind))).toEqual([
      ...[19, 'same', 'same', 'removed', 'added', 'same', 'same', 18],
    ]);
    expect(withGaps(jsonDiff(many, many))).toEqual([{ kind: 'gap', lines: 42 }]);
  });
});
