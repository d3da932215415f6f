import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { analyze } from '../../src/metrics/evidence-for.js';

it('the worked example of docs/statistics.md has the numbers that it says', () => {
  const text = readFileSync('docs/statistics.md', 'utf8');
  const input: unknown = JSON.parse(/<<'END'\n([\s\S]+?)\nEND/.exec(text)![1]!);
  const one = analyze(input).metrics[0]!.comparisons[0]!;
  const short = (value: number | null): string => String(Number(value!.toPrecision(3))).replace('-', '−');
  for (const [field, found] of [
    ['`p_value`', [one.p_value]],
    ['`relative.lower … upper`', [one.relative.lower, one.relative.upper]],
    [
      '`sequence.relative_lower … relative_upper`',
      [one.sequence.relative_lower, one.sequence.relative_upper],
    ],
    [
      '`valid_now.relative_lower … relative_upper`',
      [one.valid_now.relative_lower, one.valid_now.relative_upper],
    ],
    ['`sequence.p_value`', [one.sequence.p_value]],
    ['`bayes.chance_to_win`', [one.bayes.chance_to_win]],
  ] as const) {
    const row = text.split('\n').find((line) => line.startsWith(`| ${field}`))!;
    const cell = row.split('|')[2]!.trim();
    expect(cell, field).toBe(found.map(short).join(' … '));
  }
});
