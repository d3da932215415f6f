import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './client.js';

type Page = {
  items: Schemas['ListedExperiment'][];
  next_cursor: string | null;
  counts?: Record<string, number>;
};

/** The most that one page of a list has. */
const PAGE = 1_000;
/** However many there are, the list shows no more: a browser that holds more is slow. */
const MOST_PAGES = 10;

/** Everything that is not over, and how many there are in each state. */
export const openExperimentsQuery = queryOptions({
  queryKey: ['experiments', 'open'],
  queryFn: async () => {
    const experiments: Schemas['ListedExperiment'][] = [];
    let counts: Page['counts'] = {};
    let cursor: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = {
        ended: 'false' as const,
        limit: PAGE,
        include: cursor === null ? 'summary,counts' : 'summary',
        ...(cursor !== null && { cursor }),
      };
      const body: Page = await bodyOf(api.GET('/v1/experiments', { params: { query } }));
      experiments.push(...body.items);
      counts = body.counts ?? counts;
      cursor = body.next_cursor;
      if (cursor === null) break;
    }
    return { experiments, counts };
  },
});

/** The newest that are over. They do not change, so they are asked for again only when another one ends. */
export const endedExperimentsQuery = queryOptions({
  queryKey: ['ended-experiments'],
  queryFn: async () => {
    const query = { ended: 'true' as const, limit: PAGE, include: 'summary' };
    const { items } = await bodyOf(api.GET('/v1/experiments', { params: { query } }));
    return items;
  },
});

/** What waits for a person, or for what is not as it should be. */
export const needyExperimentsQuery = queryOptions({
  queryKey: ['experiments', 'needs'],
  queryFn: async () => {
    const query = { needs: 'somebody' as const, limit: PAGE, include: 'summary' };
    const { items } = await bodyOf(api.GET('/v1/experiments', { params: { query } }));
    return items;
  },
});

/** Flags that the code can do without. */
export const staleFlagsQuery = queryOptions({
  queryKey: ['flags', 'stale'],
  queryFn: async () => {
    const { items } = await bodyOf(
      api.GET('/v1/reports/stale-flags', { params: { query: { limit: PAGE } } }),
    );
    return items;
  },
});
