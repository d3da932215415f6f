import { checkSync } from 'recheck';
import { beforeEach, expect, it, vi } from 'vitest';
import type { RampartError } from '../../src/errors.js';
import { conditionsSchema, patternsIn } from '../../src/model/conditions.js';
import { PatternJudge } from '../../src/operations/judge-patterns.js';

// The real check is made in the other process. This process must not make it.
vi.mock('recheck', () => ({ checkSync: vi.fn(() => ({ status: 'unknown' })) }));

beforeEach(() => vi.mocked(checkSync).mockClear());

const withPattern = (pattern: string) => ({ email: { $regex: pattern } });
const complaints = (conditions: object) =>
  (conditionsSchema.safeParse(conditions).error?.issues ?? []).map(({ path, message }) => [
    path.join('.'),
    message,
  ]);

it('leaves the thread to others, and schemas then answer as if they had checked themselves', async () => {
  const judge = new PatternJudge();
  const order: string[] = [];
  const body = { rules: [{ conditions: { $or: [withPattern('^(a+)+$'), withPattern('^quick-')] } }] };
  const judged = judge.judge(body).then(() => order.push('judged'));
  setImmediate(() => order.push('served'));
  await judged;
  expect(order).toEqual(['served', 'judged']);
  expect(complaints(body.rules[0]!.conditions)).toEqual([
    ['$or.0.email.$regex', expect.stringMatching(/could take too long \(exponential/) as string],
  ]);
  expect(checkSync).not.toHaveBeenCalled();
});

it('refuses what is undecided in time, and asks again the next time', async () => {
  const hurried = new PatternJudge({ time_limit: 0 });
  await hurried.judge(withPattern('^hurried$'));
  expect(complaints(withPattern('^hurried$'))[0]![1]).toContain('the check itself took too long');
  const exhausted = new PatternJudge({ body_limit: 0 });
  await exhausted.judge(withPattern('^exhausted$'));
  expect(complaints(withPattern('^exhausted$'))[0]![1]).toContain('the check itself took too long');
  await new PatternJudge().judge([withPattern('^hurried$'), withPattern('^exhausted$')]);
  expect(complaints(withPattern('^hurried$'))).toEqual([]);
  expect(complaints(withPattern('^exhausted$'))).toEqual([]);
  expect(checkSync).not.toHaveBeenCalled();
});

it('lets only so many bodies wait, and starts a new process where one has ended', async () => {
  const judge = new PatternJudge({ waiting: 0, idle: 0 });
  const [first, second] = await Promise.allSettled([
    judge.judge(withPattern('^first$')),
    judge.judge(withPattern('^second$')),
  ]);
  expect(first.status).toBe('fulfilled');
  expect(second.status === 'rejected' && (second.reason as RampartError).code).toBe('rate_limited');
  await new Promise((resolve) => setTimeout(resolve, 5));
  await judge.judge(withPattern('^third$'));
  expect(complaints(withPattern('^third$'))).toEqual([]);
});

it('finds every pattern in a body, as evaluators read it', () => {
  const { $regex, ...i } = { $regex: 'a.', $options: 'i' };
  const body = { x: [{ $regex }, { a: { $not: { $regex, ...i } } }], y: { $regex }, z: { $regex: '(' } };
  expect([...new Set(patternsIn(body))].sort()).toEqual([
    '[aA][^\\x0a\\x0d\u2028\u2029]',
    'a[^\\x0a\\x0d\u2028\u2029]',
  ]);
});
