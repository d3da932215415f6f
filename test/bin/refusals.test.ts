import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refusals, type Refused } from '../../api/refusals.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;

function setUp() {
  const lines: object[] = [];
  const warn = (line: object) => void lines.push(line);
  const refusals = new Refusals({ warn } as never, (text) => `hash of ${text}`);
  const refuse = (more: Partial<Refused>) =>
    refusals.note({
      ...{ code: 'unauthenticated', method: 'POST', route: '/v1/events', key_id: undefined },
      ...{ address: '198.51.100.7', request_id: 'request-1', ...more },
    });
  return { lines, refusals, refuse };
}

it('has one line a minute for each key and each network of strangers, with how many they were', () => {
  const { lines, refusals, refuse } = setUp();
  for (let n = 0; n < 100; n += 1) {
    refuse({});
    refuse({ code: 'forbidden', key_id: 'key_1' });
  }
  const first = { method: 'POST', route: '/v1/events', count: 1, request_id: 'request-1' };
  expect(lines).toEqual([
    { ...first, code: 'unauthenticated', network: 'hash of 198.51.1' },
    { ...first, code: 'forbidden', key_id: 'key_1' },
  ]);
  vi.advanceTimersByTime(MINUTE + 10_000);
  expect(lines.slice(2)).toMatchObject([{ count: 99 }, { key_id: 'key_1', count: 99 }]);
  vi.advanceTimersByTime(10 * MINUTE);
  expect(lines).toHaveLength(4);
  refuse({});
  expect(lines).toHaveLength(5);
  expect(Object.fromEntries(refusals.counts)).toEqual({ unauthenticated: 101, forbidden: 100 });
});

it('tells only so many sources apart, so that many addresses fill no log', () => {
  const { lines, refuse } = setUp();
  for (let n = 0; n < 5_000; n += 1) refuse({ address: `203.0.${n >> 8}.${n & 255}` });
  expect(lines).toHaveLength(501);
  vi.advanceTimersByTime(MINUTE + 10_000);
  expect(lines).toHaveLength(502);
  expect(lines.at(-1)).toMatchObject({ count: 4_499 });
});
