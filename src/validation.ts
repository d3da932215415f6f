import { z } from 'zod';
import { validationFailed, type FieldError } from './errors.js';
import { ENDLESS, isEndless, plainMessage, typeName } from './plain-message.js';

type Issue = z.core.$ZodIssue;

const IN_PLAIN_WORDS = { error: plainMessage };

/** The value as the schema reads it. @throws {RampartError} validation_failed, naming every wrong field */
export function parse<T>(schema: z.ZodType<T, unknown>, value: unknown): T {
  const result = schema.safeParse(value, IN_PLAIN_WORDS);
  if (result.success) return result.data;
  throw validationFailed(fieldErrorsOf(result.error, value));
}

/** The fields that zod complains of, in the contract's words; each complaint once. */
export function fieldErrorsOf({ issues }: Pick<z.ZodError, 'issues'>, value: unknown): FieldError[] {
  const all = issues.flatMap((issue) => fieldErrors(issue, value));
  return [...new Map(all.map((error) => [`${error.path}\n${error.message}`, error])).values()];
}

/** zod's issue in the contract's words. */
function fieldErrors(issue: Issue, value: unknown, prefix: PropertyKey[] = []): FieldError[] {
  const path = [...prefix, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: dotted([...path, key]),
        code: 'unknown_field',
        message: 'is not a field here',
      }));
    case 'invalid_type':
    case 'invalid_value': {
      const isMissing = at(value, path) === undefined;
      const code = issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value';
      return [{ path: dotted(path), code: isMissing ? 'required' : code, message: issue.message }];
    }
    case 'too_big':
    case 'too_small':
    case 'not_multiple_of':
      return [{ path: dotted(path), code: 'out_of_range', message: issue.message }];
    case 'invalid_union':
      return unionErrors(issue, value, path);
    case 'invalid_key':
      return [
        { path: dotted(path), code: 'invalid_value', message: issue.issues[0]?.message ?? issue.message },
      ];
    case 'invalid_element':
      return issue.issues.flatMap((one) => fieldErrors(one, value, path));
    case 'custom':
      return [{ path: dotted(path), code: codeOf(issue.params), message: issue.message }];
    case 'invalid_format':
      return [{ path: dotted(path), code: 'invalid_value', message: issue.message }];
  }
}

/** Where the value is clearly meant as one of several, what is wrong with that; else what it may be. */
function unionErrors(
  { errors, discriminator }: z.core.$ZodIssueInvalidUnion,
  value: unknown,
  path: PropertyKey[],
): FieldError[] {
  if (isEndless(at(value, path))) return [{ path: dotted(path), code: 'out_of_range', message: ENDLESS }];
  const meant = errors.filter((issues) => issues.every((issue) => !isOtherType(issue)));
  if (meant.length === 1) return meant[0]!.flatMap((issue) => fieldErrors(issue, value, path));
  const types = errors.flatMap((issues) =>
    issues.filter(isOtherType).map(({ expected }) => typeName(expected)),
  );
  if (types.length === 0)
    return [{ path: dotted(path), code: 'invalid_value', message: noneMeant(meant, discriminator) }];
  const words = [...new Set(types)].join(', ').replace(/, ([^,]*)$/, ' or $1');
  return at(value, path) === undefined
    ? [{ path: dotted(path), code: 'required', message: `is missing: ${words}` }]
    : [{ path: dotted(path), code: 'invalid_type', message: `must be ${words}` }];
}

/** What a value may be that is of the right type and is none of those that are allowed. */
function noneMeant(meant: readonly Issue[][], discriminator: string | undefined): string {
  const messages = [...new Set(meant.flat().map(({ message }) => message))];
  if (messages.length > 0) return messages.join(', or ');
  return discriminator === undefined
    ? 'is none of the values that are allowed here'
    : `must have a ${discriminator} that is allowed here`;
}

function isOtherType(issue: Issue): issue is z.core.$ZodIssueInvalidType {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function codeOf(params: unknown): string {
  const code = (params as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'invalid_value';
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (one, key) =>
      typeof one === 'object' && one !== null ? (one as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

const written = new WeakMap<z.core.$ZodType, z.core.$ZodType>();

/** Checks with a schema and keeps the document as it was written: durations stay the strings they are. */
export function asDocument<T>(schema: z.ZodType): z.ZodType<T, unknown> {
  const keeping = z.unknown().transform((value, check) => {
    const result = schema.safeParse(value, IN_PLAIN_WORDS);
    if (result.success) return value as T;
    for (const issue of result.error.issues) check.issues.push({ ...issue, input: value } as never);
    return z.NEVER;
  });
  written.set(keeping, schema);
  return keeping;
}

/** The schema that people write by, behind one made by `asDocument`. */
export function writtenAs(schema: z.core.$ZodType): z.core.$ZodType {
  return written.get(schema) ?? schema;
}
