/** The first thing in a text that is not JSON. */
export interface JsonError {
  line: number;
  column: number;
  message: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

type Expected = 'a value' | 'a value or ]' | 'a name or }' | 'a name' | ':' | ', or }' | ', or ]' | 'the end';

/**
 * Finds what `JSON.parse` stumbled over: its own messages differ between versions of Node, and not all say where. Null
 * where the text is JSON.
 */
export function jsonErrorIn(text: string): JsonError | null {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let expected: Expected = 'a value';
  const afterValue = (): Expected =>
    open.at(-1) === '{' ? ', or }' : open.at(-1) === '[' ? ', or ]' : 'the end';
  for (;;) {
    at = end(SPACE, text, at);
    const next = text[at];
    if (next === undefined && expected === 'the end') return null;
    const scalar = end(SCALAR, text, at);
    const isName = next === '"' && scalar > at;
    const isValue: boolean = expected === 'a value' || expected === 'a value or ]';
    if (isValue && (next === '{' || next === '[')) {
      open.push(next);
      expected = next === '{' ? 'a name or }' : 'a value or ]';
    } else if ((next === '}' && /}$/.test(expected)) || (next === ']' && /]$/.test(expected))) {
      open.pop();
      expected = afterValue();
    } else if (isValue && scalar > at) {
      at = scalar - 1;
      expected = afterValue();
    } else if (isName && (expected === 'a name' || expected === 'a name or }')) {
      at = scalar - 1;
      expected = ':';
    } else if (next === ':' && expected === ':') expected = 'a value';
    else if (next === ',' && expected === ', or }') expected = 'a name';
    else if (next === ',' && expected === ', or ]') expected = 'a value';
    else return errorAt(text, at, expected);
    at += 1;
  }
}

/** Where a match of the pattern at this place ends; the place itself where there is none. */
function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function errorAt(text: string, at: number, expected: Expected): JsonError {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const found = at >= text.length ? 'the text ends' : `found ${JSON.stringify(text.slice(at, at + 20))}`;
  return { line, column: at - before.lastIndexOf('\n'), message: `expected ${expected}, but ${found}` };
}
