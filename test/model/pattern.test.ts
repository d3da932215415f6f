import { describe, expect, it } from 'vitest';
import { conditionErrors } from '../../src/assignment/condition.js';
import { conditionsSchema, portableConditions } from '../../src/model/conditions.js';
import { portablePattern } from '../../src/model/pattern.js';

function matches(source: string, text: string, options = ''): boolean {
  const portable = portablePattern(source, options);
  if ('error' in portable) throw new Error(portable.error);
  return new RegExp(portable.pattern, 'u').test(text);
}

describe('a portable pattern', () => {
  it.each([
    ['^beta-', 'beta-7'],
    ['@example\\.com$', 'a@example.com'],
    ['^(?<name>[a-c]|x){2,3}$', 'abx'],
    ['^\\d\\D\\w\\W\\s\\S$', '1aa- x'],
    ['^.$', 'é'],
    ['^[^a-z]+?$', 'ÄÖ'],
    ['\\bcat\\b', 'a cat.'],
    ['^a\\-b\\/c$', 'a-b/c'],
    ['^\\u00e9\\x41$', 'éA'],
    ['^[[\\]] \\t\\_$', '[ \t_'],
    ['^{a}]$', '{a}]'],
  ])('of %s matches %s as the original does', (source, text) => {
    const original = new RegExp(source);
    expect(original.test(text)).toBe(true);
    for (const subject of [text, `\n${text}\n`, text + text, '']) {
      expect(matches(source, subject)).toBe(original.test(subject));
    }
  });

  it('counts characters beyond 16 bits as one', () => {
    expect(matches('^😀{2}$', '😀😀')).toBe(true);
    expect(matches('^.$', '😀')).toBe(true);
  });

  it('ignores the case of ASCII letters with the option i', () => {
    expect(matches('^[a-f]Z-é$', 'Cz-é', 'i')).toBe(true);
    expect(matches('^[a-f]Z-é$', 'Cz-é')).toBe(false);
    expect(matches('k', '\u212a', 'i')).toBe(false);
  });

  it('has no characters that another language reads differently', () => {
    expect(portablePattern('^a.#\\$ b$')).toEqual({
      pattern: '^a[^\\x0a\\x0d\u2028\u2029]\\x23\\x24\\x20b$',
    });
  });

  it.each([
    '(',
    '(a)\\1',
    '(?=a)',
    '(?<!a)b',
    '\\p{L}',
    '[]',
    'a{1,2000}',
    // Other engines read these as something else.
    '\\Aab\\z',
    'ab\\Z',
    '^\\pL+$',
    '\\Qa.b\\E',
    '^\\h+$',
    '[\\hx]',
    '\\141',
    '[[:alpha:]]+',
    '[^[:space:]]',
    '[[:alpha:][:digit:]]',
    '[[:alpha:]',
    '[a-c[x-z]]',
    '[a-z&&[^b]]',
    'a{,3}',
    '(?i)a',
    '(?P<x>a)',
    'a++',
    'x'.repeat(501),
    '(a+)+$',
    '^(a|a)*$',
    '.*a.*b.*c',
  ])('is refused for %s', (source) => {
    expect(portablePattern(source)).toHaveProperty('error');
  });
});

describe('conditions as they are saved', () => {
  it('keep their paths, and name the segments that they refer to', () => {
    const { conditions, groups, errors } = portableConditions({
      $or: [
        { $inGroup: ['a', 'b'] },
        { email: { $regex: '@X\\.com$', $options: 'i' } },
        { $notInGroup: 'c' },
      ],
    });
    expect(errors).toEqual([]);
    expect(groups).toEqual(['a', 'b', 'c']);
    expect(conditionErrors(conditions)).toEqual([]);
    const found = conditionsSchema.safeParse({ $or: [{ a: { $regex: '(a+)+$' } }, { $no: 1 }] });
    expect(found.error?.issues.map(({ path }) => path.join('.'))).toEqual(['$or.0.a.$regex']);
  });

  it('are refused if they are nested too deep or have too many parts', () => {
    let deep: object = { a: 1 };
    for (let n = 0; n < 25; n += 1) deep = { $not: deep };
    expect(conditionsSchema.safeParse(deep).success).toBe(false);
    const wide = { $or: Array.from({ length: 3_000 }, (_, n) => ({ a: n })) };
    expect(conditionsSchema.safeParse(wide).success).toBe(false);
    const ids = Array.from({ length: 50_000 }, (_, n) => `u${n}`);
    expect(conditionsSchema.safeParse({ id: { $in: ids } }).success).toBe(true);
  });
});
