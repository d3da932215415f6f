import type { Context } from '../../api/flags.js';

/** A context as people type it. */
export function contextOf(text: string): { value: Context; error: null } | { value: null; error: string } {
  if (text.trim() === '') return { value: {}, error: null };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as Context, error: null };
    return { value: null, error: 'A context is a JSON object: it begins with { and ends with }' };
  } catch (error) {
    return { value: null, error: `This is no JSON yet: ${(error as Error).message}` };
  }
}

/** What is typed as one value: JSON where it is JSON, else the text itself. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The same the other way: texts without quotes, unless they would be read as something else. */
export function fieldText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return typeof valueOf(value) === 'string' ? value : JSON.stringify(value);
}
