import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../api/client.js';

type State = Schemas['Experiment']['state'];

/** What waits is held by a stop; what is served gets the control. */
const WAITING: readonly State[] = ['scheduled', 'queued'];
const SERVED: readonly State[] = ['ramping', 'running', 'awaiting_approval', 'rolling_out', 'watching'];

export interface LiveExperiments {
  experiments: { id: string; name: string }[];
  served: number;
  waiting: number;
  /** There are more than were read. */
  isMore: boolean;
}

/** What an emergency stop would meet now. */
export const liveExperimentsQuery = queryOptions({
  queryKey: ['experiments', 'live'],
  queryFn: async (): Promise<LiveExperiments> => {
    const pages = await Promise.all(
      [...SERVED, ...WAITING].map((state) =>
        bodyOf(api.GET('/v1/experiments', { params: { query: { state, limit: 1000 } } })),
      ),
    );
    const all = pages.flatMap(({ items }) => items);
    return {
      experiments: all
        .map(({ experiment_id, name }) => ({ id: experiment_id, name: name ?? experiment_id }))
        .sort((a, b) => a.name.localeCompare(b.name)),
      served: all.filter(({ state }) => SERVED.includes(state)).length,
      waiting: all.filter(({ state }) => WAITING.includes(state)).length,
      isMore: pages.some(({ next_cursor }) => next_cursor !== null),
    };
  },
});
