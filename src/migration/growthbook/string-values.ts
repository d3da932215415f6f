import type { Json } from '../../model/json.js';
import { malformed } from '../migration-errors.js';

// The REST API writes values and conditions as strings.

/** A condition; strings are parsed. */
export function conditionOf(condition: Json, path: string): Json {
  if (typeof condition !== 'string') return condition;
  return condition.trim() === '' ? {} : parseJson(condition, path);
}

/** A value of the feature's type (`valueType`). Strings are read as GrowthBook reads them for its SDKs. */
export function valueOf(value: Json | undefined, type: string, path: string): Json {
  if (typeof value !== 'string') return value ?? null;
  switch (type) {
    case 'boolean':
      return value !== 'false';
    case 'number': {
      const number = Number.parseFloat(value) || 0;
      // JSON has no others.
      return Number.isFinite(number) ? number : null;
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
