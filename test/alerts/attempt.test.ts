import { describe, expect, it } from 'vitest';
import { afterFailure, isFinal, retryAfterOf, TRIED_FOR_MS } from '../../src/alerts/attempt.js';

const HOUR = 3_600_000;
const passing = { final: false, retry_after: null };

/** The times of all attempts of something that is never taken, ms after the first. */
function attemptsOf(outcome = passing): { times: number[]; inTurn: number } {
  const give_up_at = TRIED_FOR_MS;
  const times = [0];
  let inTurn = 1;
  for (;;) {
    const now = times.at(-1)!;
    const next = afterFailure({ attempts: times.length, give_up_at }, outcome, now);
    if (next === null) return { times, inTurn };
    if (next.inTurn) inTurn += 1;
    times.push(next.due_at);
  }
}

describe('what is not taken', () => {
  it('is tried for a day, more and more seldom, at least each hour, and once more at its end', () => {
    const { times } = attemptsOf();
    const pauses = times.slice(1).map((time, index) => time - times[index]!);
    expect(pauses.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(Math.max(...pauses)).toBe(HOUR);
    expect(times.at(-1)).toBe(TRIED_FOR_MS);
    expect(times.length).toBeLessThan(50);
  });

  it('keeps others from being told only for about twenty minutes', () => {
    const { times, inTurn } = attemptsOf();
    expect(inTurn).toBe(8);
    expect(times[7]).toBeLessThan(HOUR / 2);
  });

  it('is given up at once where the receiver says that it never will', () => {
    expect(
      afterFailure({ attempts: 1, give_up_at: TRIED_FOR_MS }, { ...passing, final: true }, 0),
    ).toBeNull();
  });

  it('is left alone for as long as the receiver asks, but no longer than an hour', () => {
    const after = (retry_after: number) =>
      afterFailure({ attempts: 1, give_up_at: TRIED_FOR_MS }, { final: false, retry_after }, 0)!.due_at;
    expect([after(1_000), after(60_000), after(9 * HOUR)]).toEqual([5_000, 60_000, HOUR]);
  });

  it('that is a day old when it is first tried has its one attempt', () => {
    expect(afterFailure({ attempts: 1, give_up_at: 0 }, passing, HOUR)).toBeNull();
  });
});

it.each<[status: number, final: boolean]>([
  [400, true],
  [401, false],
  [404, false],
  [408, false],
  [410, true],
  [413, true],
  [422, true],
  [429, false],
  [301, false],
  [500, false],
  [503, false],
])('the answer %d is final: %s', (status, final) => {
  expect(isFinal(status)).toBe(final);
});

it('Retry-After is a number of seconds or a date', () => {
  const now = Date.parse('2026-03-02T10:00:00Z');
  expect(retryAfterOf('120', now)).toBe(120_000);
  expect(retryAfterOf('Mon, 02 Mar 2026 10:01:00 GMT', now)).toBe(60_000);
  expect([retryAfterOf(null, now), retryAfterOf('soon', now), retryAfterOf('0', now)]).toEqual([
    null,
    null,
    null,
  ]);
});
