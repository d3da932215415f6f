// What JSON can not say is brought into JSON as `JSON.stringify` does it: a Date is its ISO text, NaN and the
// infinities are null, and undefined, functions and symbols are missing in objects and null in lists. A bigint, which it
// would throw on, is missing too.

/**
 * Attributes as JSON values. Where they are that already (nearly always) it is the very same object: no copy is made.
 * Objects that refer to themselves are left so.
 */
export function jsonAttributes(
  attributes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  for (const key in attributes) {
    const value = attributes[key];
    // At the top an attribute that is undefined is the same as one that is missing.
    if (value !== undefined && !isJson(value, null))
      return copy(attributes, new Map()) as Record<string, unknown>;
  }
  return attributes;
}

/** A copy of a JSON value, for whoever may change it. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const clone: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value)) set(clone, key, cloneJson(one));
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
  for (const one of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (!isJson(one, known)) return false;
  }
  return true;
}

/** Undefined for what is missing. */
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
    for (const one of value as unknown[]) list.push(copy(one, copies) ?? null);
    return list;
  }
  const object: Record<string, unknown> = {};
  copies.set(value, object);
  for (const [key, one] of Object.entries(value)) {
    const json = copy(one, copies);
    if (json !== undefined) set(object, key, json);
  }
  return object;
}

/** As an own property also where the key is `__proto__`. */
function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}
