/** One page of a list in the order of numbers, given `limit + 1` items: the extra one tells whether there is a next page. */
export function countedPage<T>(
  found: readonly T[],
  limit: number,
  numberOf: (item: T) => number,
): { items: T[]; next_cursor: string | null } {
  const items = found.slice(0, limit);
  return { items, next_cursor: found.length > limit ? String(numberOf(items.at(-1)!)) : null };
}
