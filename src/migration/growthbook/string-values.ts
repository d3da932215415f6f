import type { Json } from '../../model/json.js';
import { malformed } from '../migration-errors.js';

// The REST API writes values and conditions as strings.

/** A condition; strings are parsed. */
export function conditionOf(condition: Json, path: string): Json {
  if (typeof condition !== 'string') return condition;
  return condition.trim() === '' ? {} : parseJson(condition, path);
}

/** A value of the feature's type (`valueType`); strings are parsed. */
export function valueOf(value: Json | undefined, type: string, path: string): Json {
  if (typeof value !== 'string') return value ?? null;
  switch (type) {
    case 'boolean':
      if (value !== 'true' && value !== 'false') throw malformed(path, 'must be true or false');
      return value === 'true';
    case 'number': {
      const number = Number(value);
      if (value.trim() === '' || !Number.isFinite(number)) throw malformed(path, 'must be a number');
      return number;
    }
    case 'json':
      return value.trim() === '' ? null : parseJson(value, path);
    default:
      return value;
  }
}

function parseJson(text: string, path: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw malformed(path, 'must be a string of JSON');
  }
}
