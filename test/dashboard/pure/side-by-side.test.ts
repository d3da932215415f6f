import { describe, expect, it } from 'vitest';
import {
  sideBySide,
  type BacktestDecision,
} from '../../../dashboard/src/pages/experiment/decisions/side-by-side.js';

const at = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString();

function decision(
  day: number,
  row: BacktestDecision['row'],
  kind: BacktestDecision['decision'],
  variant?: string,
): BacktestDecision {
  return { n: day, at: at(day), row, decision: kind, reasons: [], ...(variant !== undefined && { variant }) };
}

describe('two policies on the same looks', () => {
  const early = [decision(1, 7, 'continue'), decision(5, 10, 'winner', 'b')];

  it('that decide the same differ nowhere', () => {
    expect(sideBySide(early, early).first).toBeNull();
    expect(sideBySide([], []).moments).toEqual([]);
  });

  it('first differ where one decides what the other does not', () => {
    const { moments, first } = sideBySide(early, [
      decision(1, 7, 'continue'),
      decision(8, 13, 'winner', 'b'),
    ]);
    expect(first?.at).toBe(at(5));
    expect(moments.map((one) => [one.left?.row, one.right?.row, one.differs])).toEqual([
      [7, 7, false],
      [10, 7, true],
      [10, 13, true],
    ]);
    expect(first?.isNew).toEqual({ left: true, right: false });
  });

  it('differ where another arm wins by the same row', () => {
    const other = [decision(1, 7, 'continue'), decision(5, 10, 'winner', 'c')];
    expect(sideBySide(early, other).first?.at).toBe(at(5));
  });

  it('differ while one has decided nothing yet', () => {
    const { moments, first } = sideBySide(early, [decision(5, 10, 'winner', 'b')]);
    expect([first?.at, first?.right]).toEqual([at(1), null]);
    expect(moments.at(-1)?.differs).toBe(false);
  });
});
