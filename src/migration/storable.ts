/** As deep as the API takes JSON; the definition itself is the first level. */
const MAX_DEPTH = 32;

/** Why the API would refuse a definition whose fields are right, or null. */
export function whyNotStorable(definition: object): string | null {
  const open: [unknown, number][] = [[definition, 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
      return `the whole number ${value} lies beyond 2^53 and would lose its last digits: write it as a text`;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) return `it nests deeper than ${MAX_DEPTH} levels`;
    if (Object.hasOwn(value, '__proto__')) return 'a field cannot be named __proto__';
    for (const member of Object.values(value)) open.push([member, depth + 1]);
  }
  return null;
}
