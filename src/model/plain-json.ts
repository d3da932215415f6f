import type { FieldError } from '../errors.js';
import { ENDLESS, isEndless } from '../plain-message.js';

/** How deep arrays and objects may lie within one another in a body. SDKs and stores in other languages have limits, too. */
export const DEEPEST = 32;

/**
 * What no schema says of a JSON value, because it holds for all of them: how deep it is nested, that no key is `__proto__`,
 * which libraries drop or obey, and that whole numbers are ones that every language reads alike. It walks without recursion, so
 * that no depth can exhaust the stack.
 *
 * @param isStored the value is kept, so that its numbers matter
 */
export function plainJsonErrors(value: unknown, isStored = true): FieldError[] {
  const errors: FieldError[] = [];
  const waiting: Place[] = [{ value, depth: 1, key: '', parent: null }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { value: one, depth } = place;
    if (typeof one !== 'object' || one === null) {
      if (isStored && isEndless(one)) errors.push(wrong(place, 'out_of_range', ENDLESS));
      else if (isStored && Number.isInteger(one) && !Number.isSafeInteger(one))
        errors.push(wrong(place, 'out_of_range', 'whole numbers go to 2^53 − 1: write larger ones as texts'));
      continue;
    }
    if (depth > DEEPEST) {
      errors.push(wrong(place, 'too_deep', `is nested deeper than ${DEEPEST} levels`));
      continue;
    }
    for (const [key, inner] of Object.entries(one)) {
      const child = { value: inner as unknown, depth: depth + 1, key, parent: place };
      if (key === '__proto__') errors.push(wrong(child, 'invalid_value', 'no key may have this name'));
      else waiting.push(child);
    }
    if (errors.length >= MOST_ERRORS) break;
  }
  return errors.reverse();
}

const MOST_ERRORS = 20;

interface Place {
  value: unknown;
  depth: number;
  key: string;
  parent: Place | null;
}

function wrong(place: Place, code: string, message: string): FieldError {
  const keys: string[] = [];
  for (let one: Place | null = place; one?.parent; one = one.parent) keys.push(one.key);
  return { path: keys.reverse().join('.'), code, message };
}

/**
 * Whether the text of a JSON value may be one that `plainJsonErrors` complains of: it has enough brackets, or the name, or an
 * escape that could hide it. Most texts are not, and need not be walked.
 */
export function mayBeOdd(text: string): boolean {
  if (text.includes('__proto__') || text.includes('\\u')) return true;
  if (text.length < 2 * DEEPEST) return false;
  let open = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code === 91 || code === 123) && ++open > DEEPEST) return true;
  }
  return false;
}
