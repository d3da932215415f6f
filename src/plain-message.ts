import type { z } from 'zod';

/**
 * What is wrong with a value, as a sentence whose subject is the field. It is asked where a schema has no words of its own;
 * those of zod ("Too small: expected string to have >=1 characters") are made for programmers.
 */
export function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeMessage(issue.expected, issue.input);
    case 'too_small':
      return limitMessage(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return limitMessage(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return oneOf(issue.values, issue.input);
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'does not have the form that is wanted here';
    // These have schemas of their own words, or are put into words where their parts are known.
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'unrecognized_keys':
      return undefined;
  }
}

const FORMATS: Partial<Record<string, string>> = {
  datetime: 'must be ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z',
};

function typeMessage(expected: string, input: unknown): string {
  const name = typeName(expected);
  if (input === undefined) return `is missing: ${name}`;
  return isEndless(input) ? ENDLESS : `must be ${name}`;
}

export const ENDLESS = 'is too large: numbers go to 1.7e308';

/** What JSON makes of 1e400. */
export function isEndless(value: unknown): boolean {
  return value === Infinity || value === -Infinity;
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const names = values.map(String);
  const words = names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
  return input === undefined ? `is missing: ${words}` : `must be ${words}`;
}

const ITEMS: Partial<Record<string, string>> = {
  string: 'character',
  array: 'item',
  set: 'item',
  map: 'entry',
  file: 'byte',
};

/** @param word such as `at least` */
function limitMessage(origin: string, limit: number | bigint, word: string): string {
  const item = ITEMS[origin];
  if (item === undefined) return `must be ${word} ${limit}`;
  if (word === 'at least' && Number(limit) === 1) return 'must not be empty';
  const noun = Number(limit) === 1 ? item : item === 'entry' ? 'entries' : `${item}s`;
  return `must have ${word} ${limit} ${noun}`;
}

const TYPES: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  record: 'an object',
  object: 'an object',
  null: 'null',
  nonoptional: 'a value',
};

/** A type as people call it. */
export function typeName(expected: string): string {
  return TYPES[expected] ?? `a ${expected}`;
}
