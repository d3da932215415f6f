/** One page of definitions that are all in memory, in the order of their ids. */
export function pageInMemory<T>(
  definitions: ReadonlyMap<string, T>,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): { items: T[]; next_cursor: string | null } {
  const sorted = [...definitions]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([id]) => cursor === undefined || id > cursor);
  return {
    items: sorted.slice(0, limit).map(([, definition]) => definition),
    next_cursor: sorted.length > limit ? sorted[limit - 1]![0] : null,
  };
}
