/** More pages than anybody has definitions for: a cursor that never ends does not hang the page. */
const MOST_PAGES = 20;

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** All pages of a list. */
export async function everyPage<T>(
  read: (query: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < MOST_PAGES; n += 1) {
    const page: Page<T> = await read({ limit: 1_000, ...(cursor !== null && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return items;
}
