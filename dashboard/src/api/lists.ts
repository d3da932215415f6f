import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './client.js';
import { withRows } from './rows.js';

type Page = {
  items: Schemas['ListedExperiment'][];
  next_cursor: string | null;
  counts?: Record<string, number>;
};

/** The most that one page of a list can have. */
const MOST = 1_000;
/** Pages with summaries are smaller, so that also a server that is busy answers each in its time. */
const PAGE = 250;
/** However many are under way, the list shows no more: a browser that holds more is slow. */
const MOST_PAGES = 40;
/** Of those that are over, it shows so many pages. */
const MOST_ENDED_PAGES = 4;

/** Everything that is not over, and how many there are in each state. */
export const openExperimentsQuery = queryOptions({
  queryKey: ['experiments', 'open'],
  queryFn: async () => {
    let counts: Page['counts'];
    const experiments = await pagesOf(MOST_PAGES, async (after) => {
      const include = after === null ? 'summary,counts' : 'summary';
      const query = { ended: 'false' as const, limit: PAGE, include, ...cursorOf(after) };
      const page: Page = await bodyOf(api.GET('/v1/experiments', { params: { query } }));
      counts = page.counts ?? counts;
      return page;
    });
    return { experiments, counts };
  },
});

function cursorOf(after: string | null): { cursor?: string } {
  return after === null ? {} : { cursor: after };
}

/** The items of a list, page by page. */
async function pagesOf(most: number, read: (after: string | null) => Promise<Page>): Promise<Page['items']> {
  const items: Page['items'] = [];
  let after: string | null = null;
  for (let page = 0; page < most; page += 1) {
    const found: Page = await read(after);
    items.push(...found.items);
    after = found.next_cursor;
    if (after === null) break;
  }
  return items;
}

/** So many rows are asked for by their ids; where more have changed, the whole list is. */
const MOST_ROWS = 100;

/** What asks again for some rows of the list of what is not over; false where an answer is on its way that may be older. */
export function rowRefresher(queries: QueryClient): (ids: readonly string[]) => Promise<void> | false {
  const { queryKey } = openExperimentsQuery;
  let isUnderWay = false;
  return (ids) => {
    const list = queries.getQueryCache().find({ queryKey });
    if (isUnderWay || list?.state.fetchStatus === 'fetching') return false;
    if (!list?.isActive() || ids.length > MOST_ROWS) return queries.invalidateQueries({ queryKey });
    isUnderWay = true;
    return readRows(ids)
      .then(({ items, counts }) =>
        queries.setQueryData(
          queryKey,
          (known) => known && { experiments: withRows(known.experiments, ids, items), counts },
        ),
      )
      .catch(() => queries.invalidateQueries({ queryKey }))
      .then(() => undefined)
      .finally(() => (isUnderWay = false));
  };
}

function readRows(ids: readonly string[]): Promise<Page> {
  const query = { ids: ids.join(','), ended: 'false' as const, limit: MOST_ROWS, include: 'summary,counts' };
  return bodyOf(api.GET('/v1/experiments', { params: { query } }));
}

/** The newest that are over. They do not change, so they are asked for again only when another one ends. */
export const endedExperimentsQuery = queryOptions({
  queryKey: ['ended-experiments'],
  queryFn: () =>
    pagesOf(MOST_ENDED_PAGES, (after) => {
      const query = { ended: 'true' as const, limit: PAGE, include: 'summary', ...cursorOf(after) };
      return bodyOf(api.GET('/v1/experiments', { params: { query } }));
    }),
});

/** What waits for a person, or for what is not as it should be. */
export const needyExperimentsQuery = queryOptions({
  queryKey: ['experiments', 'needs'],
  queryFn: async () => {
    const query = { needs: 'somebody' as const, limit: MOST, include: 'summary' };
    const { items } = await bodyOf(api.GET('/v1/experiments', { params: { query } }));
    return items;
  },
});

/** Flags that the code can do without. */
export const staleFlagsQuery = queryOptions({
  queryKey: ['flags', 'stale'],
  queryFn: async () => {
    const { items } = await bodyOf(
      api.GET('/v1/reports/stale-flags', { params: { query: { limit: MOST } } }),
    );
    return items;
  },
});
