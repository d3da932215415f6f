import { z } from 'zod';
import { validationFailed, type FieldError } from './errors.js';

type Issue = z.core.$ZodIssue;

/** The value as the schema reads it. @throws {RampartError} validation_failed, naming every wrong field */
export function parse<T>(schema: z.ZodType<T, unknown>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw validationFailed(result.error.issues.flatMap((issue) => fieldErrors(issue, value)));
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
      return [
        at(value, path) === undefined
          ? { path: dotted(path), code: 'required', message: `is missing: ${article(issue.expected)}` }
          : { path: dotted(path), code: 'invalid_type', message: `must be ${article(issue.expected)}` },
      ];
    case 'too_big':
    case 'too_small':
    case 'not_multiple_of':
      return [{ path: dotted(path), code: 'out_of_range', message: issue.message }];
    case 'invalid_union':
      return [{ path: dotted(path), code: 'invalid_value', message: issue.message }];
    case 'invalid_key':
      return [
        { path: dotted(path), code: 'invalid_value', message: issue.issues[0]?.message ?? issue.message },
      ];
    case 'invalid_element':
      return issue.issues.flatMap((one) => fieldErrors(one, value, path));
    case 'custom':
      return [{ path: dotted(path), code: codeOf(issue.params), message: issue.message }];
    case 'invalid_format':
    case 'invalid_value':
      return [{ path: dotted(path), code: 'invalid_value', message: issue.message }];
  }
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

function article(type: string): string {
  return ['array', 'object', 'integer', 'int'].includes(type)
    ? `an ${type === 'int' ? 'integer' : type}`
    : `a ${type}`;
}

const written = new WeakMap<z.core.$ZodType, z.core.$ZodType>();

/** Checks with a schema and keeps the document as it was written: durations stay the strings they are. */
export function asDocument<T>(schema: z.ZodType): z.ZodType<T, unknown> {
  const keeping = z.unknown().transform((value, check) => {
    const result = schema.safeParse(value);
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
