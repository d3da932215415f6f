// Values that JSON does not have become what `JSON.stringify` makes of them: a Date becomes its ISO string, NaN and the
// infinities become null; undefined, functions and symbols are left out of objects and null in lists. So is a bigint, on
// which `JSON.stringify` would throw.

/**
 * Attributes as JSON values. Where they already are (nearly always), returns the same object, without a copy. Circular
 * references stay.
 */
export function jsonAttributes(
  attributes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  for (const key in attributes) {
    const value = attributes[key];
    // At the top level, an undefined attribute is the same as a missing one.
    if (value !== undefined && !isJson(value, null))
      return copy(attributes, new Map()) as Record<string, unknown>;
  }
  return attributes;
}

/** A copy of a JSON value, for a caller that may change it. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const clone: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) set(clone, key, cloneJson(member));
  return clone as T;
}

function isJson(value: unknown, seen: Set<object> | null): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null) return true;
  if (value instanceof Date) return false;
  const known = seen ?? new Set();
  if (known.has(value)) return true;
  known.add(value);
  for (const member of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (!isJson(member, known)) return false;
  }
  return true;
}

/** Undefined for values that are left out. */
function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') {
    return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
  }
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const before = copies.get(value);
  if (before !== undefined) return before;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value as unknown[]) list.push(copy(item, copies) ?? null);
    return list;
  }
  const object: Record<string, unknown> = {};
  copies.set(value, object);
  for (const [key, member] of Object.entries(value)) {
    const json = copy(member, copies);
    if (json !== undefined) set(object, key, json);
  }
  return object;
}

/** Sets an own property, even where the key is `__proto__`. */
function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}
