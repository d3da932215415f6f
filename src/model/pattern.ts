import { RegExpParser, visitRegExpAST, type AST } from '@eslint-community/regexpp';
import { checkSync } from 'recheck';

const MAX_LENGTH = 500;
const MAX_REPEATS = 1_000;
const CHECK_MS = 200;
const SECOND_CHECK_MS = 2_000;
const MOST_CHECKS = 4;

/** A pattern that every language reads alike, or why there is none. */
export type Portable = { pattern: string } | { error: string };

/**
 * Translates a JavaScript regular expression into the form that JavaScript (with the flag `u`) and Python read alike,
 * which docs/snapshot.md describes. Refuses expressions without such a form. The same expression has the same result
 * everywhere and at any time.
 *
 * @param options `i` if ASCII letters match in both cases, else empty
 */
export function translatedPattern(source: string, options = ''): Portable {
  if (source.length > MAX_LENGTH) return { error: `must have at most ${MAX_LENGTH} characters` };
  if (options !== '' && options !== 'i') return { error: '$options may only be "i"' };
  try {
    const writer = new Writer(options === 'i');
    return { pattern: writer.alternatives(parse(source).alternatives) };
  } catch (error) {
    if (error instanceof NotPortable) return { error: error.message };
    return { error: `is not a regular expression: ${(error as Error).message}` };
  }
}

/**
 * The same for what people write, before it is saved: also refuses expressions that could take longer than the square of
 * a string's length. That check takes time, and may not end in time on a busy machine.
 */
export function portablePattern(source: string, options = ''): Portable {
  const translated = translatedPattern(source, options);
  return 'error' in translated ? translated : (slownessOf(translated.pattern) ?? translated);
}

class NotPortable extends Error {}

function parse(source: string): AST.Pattern {
  const parser = new RegExpParser({ ecmaVersion: 2022 });
  const portable = (isUnicode: boolean): AST.Pattern => {
    const pattern = parser.parsePattern(source, 0, source.length, { unicode: isUnicode });
    refuseOtherEngines(pattern, isUnicode);
    return pattern;
  };
  try {
    return portable(true);
  } catch (error) {
    // With the flag `u`, a needless escape such as `\-` is an error. It is harmless without.
    if (error instanceof NotPortable || /[^\u0000-\uffff]/u.test(source)) throw error;
    return portable(false);
  }
}

/** Escapes of letters and digits that JavaScript has. Without the flag `u`, any other stands for the letter itself. */
const LETTER_ESCAPE = /^\\(?:[tnvfr0]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z])$/;

/**
 * Refuses what JavaScript reads without complaint, and other engines (RE2, PCRE, Java, Python) read as something else:
 * `\A`, `\z`, `\pL` and `\Q`, `[[:alpha:]]`, classes inside of classes, `&&` in a class, and `{,3}`.
 */
function refuseOtherEngines(pattern: AST.Pattern, isUnicode: boolean): void {
  let hasLoneBracket = false;
  visitRegExpAST(pattern, {
    onCharacterEnter({ raw, parent }) {
      hasLoneBracket ||= raw === ']' && parent.type !== 'CharacterClass';
    },
  });
  visitRegExpAST(pattern, {
    onCharacterEnter({ raw }) {
      if (!isUnicode && /^\\[A-Za-z0-9]/.test(raw) && !LETTER_ESCAPE.test(raw))
        throw new NotPortable(`the escape ${raw} is not supported`);
    },
    onCharacterClassEnter({ raw, elements }) {
      const has = (text: string): boolean => elements.some((element) => element.raw === text);
      if (has('[') && (hasLoneBracket || /\[[:.=]/.test(raw.slice(1))))
        throw new NotPortable(`${raw}: a class inside of a class is not supported: list the characters`);
      if (raw.includes('&&')) throw new NotPortable(`${raw}: && in a class is not supported`);
    },
  });
  if (!isUnicode && /\{,\d+\}/.test(pattern.raw))
    throw new NotPortable('a repeat without a least number is not supported: write {0,3}');
}

/** What a check of a pattern found. */
export interface Verdict {
  /** Why matching could be too slow; null if it is fast enough. */
  why: string | null;
  /** Whether the check came to an end; one that did not may come to another on a machine that is less busy. */
  isSure: boolean;
}

/** By portable pattern, the latest last. */
const verdicts = new Map<string, Verdict>();
const MOST_VERDICTS = 10_000;

/** Of a check that did not end in time. */
export const UNDECIDED: Verdict = { why: 'the check itself took too long', isSure: false };

/** An error if matching could be too slow. Who must not wait for the check has it done before: `tellVerdict`. */
function slownessOf(pattern: string): { error: string } | null {
  let verdict = verdicts.get(pattern);
  if (!verdict) {
    verdict = judgePattern(pattern);
    if (verdict.isSure) tellVerdict(pattern, verdict);
    forgetOldVerdicts();
  }
  if (verdict.why === null) return null;
  return {
    error: `could take too long (${verdict.why}): anchor it with ^, and avoid repetitions that overlap`,
  };
}

/** Remembers what a check found that was made elsewhere. Whoever tells many calls `forgetOldVerdicts` later. */
export function tellVerdict(pattern: string, verdict: Verdict): void {
  if (!verdict.isSure && isJudged(pattern)) return;
  verdicts.delete(pattern);
  verdicts.set(pattern, verdict);
}

/** Keeps the newest verdicts. */
export function forgetOldVerdicts(): void {
  for (const oldest of verdicts.keys()) {
    if (verdicts.size <= MOST_VERDICTS) return;
    verdicts.delete(oldest);
  }
}

/** Whether the check of a pattern came to an end before, so that it need not be made again. */
export function isJudged(pattern: string): boolean {
  return verdicts.get(pattern)?.isSure === true;
}

/**
 * Checks a portable pattern, which takes up to some seconds. Source: recheck, which decides by automata, and fuzzes where it
 * cannot.
 */
export function judgePattern(pattern: string): Verdict {
  const found = thoroughCheck(pattern);
  if (found.status === 'unknown') return UNDECIDED;
  const complexity = found.status === 'vulnerable' ? found.complexity : null;
  const isFast = complexity === null || (complexity.type === 'polynomial' && complexity.degree <= 2);
  return { why: isFast ? null : complexity.summary, isSure: true };
}

/** The clock of a check is that of the wall. Where other programs had the processor meanwhile, it is made again. */
function thoroughCheck(pattern: string): ReturnType<typeof checkSync> {
  let found = checkSync(pattern, 'u', { timeout: CHECK_MS });
  for (let checks = 1; found.status === 'unknown' && checks < MOST_CHECKS; checks += 1) {
    const before = process.cpuUsage();
    found = checkSync(pattern, 'u', { timeout: SECOND_CHECK_MS });
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1_000 > SECOND_CHECK_MS / 2) break;
  }
  return found;
}

const DIGIT = '0-9';
const WORD = 'A-Za-z0-9_';
const SPACE = '\\x09-\\x0d\\x20\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
const WORD_BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const NO_WORD_BOUNDARY = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;

class Writer {
  constructor(private readonly ignoreCase: boolean) {}

  alternatives(alternatives: readonly AST.Alternative[]): string {
    return alternatives
      .map(({ elements }) => elements.map((element) => this.element(element)).join(''))
      .join('|');
  }

  private element(element: AST.Element): string {
    switch (element.type) {
      case 'Character':
        return this.cases(element.value).length > 1
          ? `[${this.cases(element.value).map(literal).join('')}]`
          : literal(element.value);
      case 'CharacterSet':
        return set(element);
      case 'CharacterClass':
        return this.characterClass(element);
      case 'Group':
        if (element.modifiers)
          throw new NotPortable('modifiers such as (?i:…) are not supported: use $options');
        return `(?:${this.alternatives(element.alternatives)})`;
      case 'CapturingGroup':
        return `(?:${this.alternatives(element.alternatives)})`;
      case 'Quantifier':
        return this.quantifier(element);
      case 'Assertion':
        return assertion(element);
      case 'Backreference':
        throw new NotPortable('back-references are not supported');
      case 'ExpressionCharacterClass':
        throw new NotPortable('operations on classes are not supported');
    }
  }

  private quantifier({ element, min, max, greedy }: AST.Quantifier): string {
    const most = Number.isFinite(max) ? max : min;
    if (most > MAX_REPEATS) throw new NotPortable(`more than ${MAX_REPEATS} repeats are not supported`);
    const count =
      max === Infinity
        ? (['*', '+'][min] ?? `{${min},}`)
        : min === 0 && max === 1
          ? '?'
          : min === max
            ? `{${min}}`
            : `{${min},${max}}`;
    const inner = this.element(element);
    // Languages differ in how they repeat an assertion.
    if (element.type === 'Assertion') throw new NotPortable('an assertion cannot be repeated');
    return `${inner}${count}${greedy ? '' : '?'}`;
  }

  private characterClass({ elements, negate }: AST.CharacterClass): string {
    if (elements.length === 0) throw new NotPortable('an empty class is not supported');
    const parts = elements.map((part) => {
      if (part.type === 'Character') return this.cases(part.value).map(literal).join('');
      if (part.type === 'CharacterClassRange') return this.range(part.min.value, part.max.value);
      if (part.type === 'CharacterSet' && part.kind !== 'property' && !part.negate) return setContent(part);
      throw new NotPortable(`${part.raw} inside a class is not supported`);
    });
    return `[${negate ? '^' : ''}${parts.join('')}]`;
  }

  private range(min: number, max: number): string {
    const plain = `${literal(min)}-${literal(max)}`;
    if (!this.ignoreCase) return plain;
    const other = (from: number, to: number, by: number): string => {
      const [low, high] = [Math.max(min, from), Math.min(max, to)];
      return low > high ? '' : `${literal(low + by)}-${literal(high + by)}`;
    };
    return plain + other(0x41, 0x5a, 32) + other(0x61, 0x7a, -32);
  }

  /** The characters that a character matches. */
  private cases(point: number): number[] {
    if (!this.ignoreCase) return [point];
    if (point >= 0x41 && point <= 0x5a) return [point, point + 32];
    return point >= 0x61 && point <= 0x7a ? [point, point - 32] : [point];
  }
}

function assertion(element: AST.Assertion): string {
  switch (element.kind) {
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'word':
      return element.negate ? NO_WORD_BOUNDARY : WORD_BOUNDARY;
    case 'lookahead':
    case 'lookbehind':
      throw new NotPortable('look-arounds are not supported');
  }
}

function set(element: AST.CharacterSet): string {
  if (element.kind === 'any') return '[^\\x0a\\x0d\u2028\u2029]';
  return `[${element.kind !== 'property' && element.negate ? '^' : ''}${setContent(element)}]`;
}

function setContent(element: AST.CharacterSet): string {
  switch (element.kind) {
    case 'digit':
      return DIGIT;
    case 'word':
      return WORD;
    case 'space':
      return SPACE;
    case 'any':
    case 'property':
      throw new NotPortable(`${element.raw} is not supported: list the characters`);
  }
}

/** A character that means itself in every language: one that could mean more is written by its number. */
function literal(point: number): string {
  if (point >= 0xd800 && point <= 0xdfff) throw new NotPortable('half of a surrogate pair is not supported');
  const text = String.fromCodePoint(point);
  return point >= 0x80 || /[A-Za-z0-9]/.test(text) ? text : `\\x${point.toString(16).padStart(2, '0')}`;
}
