import { RegExpParser, type AST } from '@eslint-community/regexpp';
import { checkSync } from 'recheck';

const LONGEST = 500;
const MOST_REPEATS = 1_000;
const CHECK_MS = 200;

/** What a pattern is in every language, or what is wrong with it. */
export type Portable = { pattern: string } | { error: string };

/**
 * A JavaScript regular expression in the form that JavaScript (with the flag `u`) and Python read alike, as
 * docs/snapshot.md describes it. Refused is what has no such form, and what could take longer than the square of a
 * text's length.
 *
 * @param options `i`: letters of ASCII match in both cases; nothing else is known
 */
export function portablePattern(source: string, options = ''): Portable {
  if (source.length > LONGEST) return { error: `must have at most ${LONGEST} characters` };
  if (options !== '' && options !== 'i') return { error: '$options may only be "i"' };
  try {
    const writer = new Writer(options === 'i');
    const pattern = writer.alternatives(parse(source).alternatives);
    return slownessOf(pattern) ?? { pattern };
  } catch (error) {
    if (error instanceof NotPortable) return { error: error.message };
    return { error: `is not a regular expression: ${(error as Error).message}` };
  }
}

class NotPortable extends Error {}

function parse(source: string): AST.Pattern {
  const parser = new RegExpParser({ ecmaVersion: 2022 });
  try {
    return parser.parsePattern(source, 0, source.length, { unicode: true });
  } catch (error) {
    // Escapes that are needless, as in `\-`, are errors there and harmless.
    if (/[^\u0000-\uffff]/u.test(source)) throw error;
    return parser.parsePattern(source, 0, source.length, { unicode: false });
  }
}

/** Source: recheck decides the complexity of matching by automata, and fuzzes where it cannot. */
function slownessOf(pattern: string): { error: string } | null {
  const found = checkSync(pattern, 'u', { timeout: CHECK_MS });
  if (found.status === 'safe') return null;
  const complexity = found.status === 'vulnerable' ? found.complexity : null;
  if (complexity?.type === 'polynomial' && complexity.degree <= 2) return null;
  const why = complexity?.summary ?? 'it could not be told in time';
  return { error: `could take too long (${why}): anchor it by ^, and let repetitions not overlap` };
}

const DIGIT = '0-9';
const WORD = 'A-Za-z0-9_';
const SPACE = '\\x09-\\x0d\\x20\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
const WORD_BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const NO_WORD_BOUNDARY = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;

class Writer {
  constructor(private readonly ignoreCase: boolean) {}

  alternatives(alternatives: readonly AST.Alternative[]): string {
    return alternatives.map(({ elements }) => elements.map((one) => this.element(one)).join('')).join('|');
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
        if (element.modifiers) throw new NotPortable('modifiers such as (?i:…) are not taken: use $options');
        return `(?:${this.alternatives(element.alternatives)})`;
      case 'CapturingGroup':
        return `(?:${this.alternatives(element.alternatives)})`;
      case 'Quantifier':
        return this.quantifier(element);
      case 'Assertion':
        return assertion(element);
      case 'Backreference':
        throw new NotPortable('back-references are not taken');
      case 'ExpressionCharacterClass':
        throw new NotPortable('operations on classes are not taken');
    }
  }

  private quantifier({ element, min, max, greedy }: AST.Quantifier): string {
    const most = Number.isFinite(max) ? max : min;
    if (most > MOST_REPEATS) throw new NotPortable(`more than ${MOST_REPEATS} repeats are not taken`);
    const count =
      max === Infinity
        ? (['*', '+'][min] ?? `{${min},}`)
        : min === 0 && max === 1
          ? '?'
          : min === max
            ? `{${min}}`
            : `{${min},${max}}`;
    const inner = this.element(element);
    // A quantified group of no characters is read differently; an assertion may not be quantified at all.
    if (element.type === 'Assertion') throw new NotPortable('an assertion may not be repeated');
    return `${inner}${count}${greedy ? '' : '?'}`;
  }

  private characterClass({ elements, negate }: AST.CharacterClass): string {
    if (elements.length === 0) throw new NotPortable('an empty class is not taken');
    const parts = elements.map((one) => {
      if (one.type === 'Character') return this.cases(one.value).map(literal).join('');
      if (one.type === 'CharacterClassRange') return this.range(one.min.value, one.max.value);
      if (one.type === 'CharacterSet' && one.kind !== 'property' && !one.negate) return setContent(one);
      throw new NotPortable(`${one.raw} inside of a class is not taken`);
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

  /** A character in the cases that it is to match in. */
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
      throw new NotPortable('look-arounds are not taken');
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
      throw new NotPortable(`${element.raw} is not taken: name the characters`);
  }
}

/** A character that means itself in any language: what could mean more is written by its number. */
function literal(point: number): string {
  if (point >= 0xd800 && point <= 0xdfff) throw new NotPortable('half of a surrogate pair is not taken');
  const text = String.fromCodePoint(point);
  return point >= 0x80 || /[A-Za-z0-9]/.test(text) ? text : `\\x${point.toString(16).padStart(2, '0')}`;
}
