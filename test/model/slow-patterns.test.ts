import { checkSync } from 'recheck';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compileCondition } from '../../src/assignment/condition.js';
import { conditionsSchema, portableConditions } from '../../src/model/conditions.js';

vi.mock('recheck', () => ({ checkSync: vi.fn() }));
const check = vi.mocked(checkSync);
const verdict = (status: 'safe' | 'unknown'): never => ({ status }) as never;

const withPattern = (pattern: string) => ({ email: { $regex: pattern } });

beforeEach(() => {
  check.mockReset();
});

describe('the check for slow patterns', () => {
  it('gets a second chance on a busy machine, and is not repeated for a pattern that passed', () => {
    check.mockReturnValueOnce(verdict('unknown')).mockReturnValueOnce(verdict('safe'));
    expect(conditionsSchema.safeParse(withPattern('^busy')).success).toBe(true);
    expect(conditionsSchema.safeParse(withPattern('^busy')).success).toBe(true);
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('is made again where others had the processor, and not where it had it itself', () => {
    const unknown = verdict('unknown');
    check.mockReturnValueOnce(unknown).mockReturnValueOnce(unknown).mockReturnValueOnce(unknown);
    check.mockReturnValueOnce(verdict('safe'));
    expect(conditionsSchema.safeParse(withPattern('^starved')).success).toBe(true);
    check.mockReset();
    check.mockImplementation(() => {
      const before = process.cpuUsage();
      for (let own = { user: 0, system: 0 }; own.user + own.system < 1_100_000;)
        own = process.cpuUsage(before);
      return unknown;
    });
    expect(conditionsSchema.safeParse(withPattern('^endless')).success).toBe(false);
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('refuses a pattern that it cannot decide about', () => {
    check.mockReturnValue(verdict('unknown'));
    const refused = conditionsSchema.safeParse(withPattern('^undecided'));
    expect(refused.error?.issues[0]?.message).toContain('the check itself took too long');
  });

  it('has no part in serving: what was saved is served the same on a busy machine', () => {
    check.mockReturnValue(verdict('unknown'));
    const { conditions, errors } = portableConditions(withPattern('^ann@'));
    expect(errors).toEqual([]);
    const holds = compileCondition(conditions);
    expect([holds({ email: 'ann@x' }, null), holds({ email: 'bob@x' }, null)]).toEqual([true, false]);
    expect(check).not.toHaveBeenCalled();
  });
});

it.each([
  [{ a: { $regex: '(' } }],
  [{ a: { $not: { $regex: '(?=x)' } } }],
  [{ $and: [{ a: { $regex: '\\p{L}' } }] }],
  [{ a: { $elemMatch: { $regex: '[' } } }],
])('conditions that should never have been saved are not served: %j', (saved) => {
  const { conditions, errors } = portableConditions(saved);
  expect(errors).toHaveLength(1);
  expect(() => compileCondition(conditions)).toThrow();
});
