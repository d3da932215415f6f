import { queryOptions } from '@tanstack/react-query';
import { api, ApiError, bodyOf, type Schemas } from './client.js';

// What the parts of a key mean is said where a change makes them old: `../live/keys.ts`.

export const experimentQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ['experiment', experiment_id],
    queryFn: () =>
      bodyOf(api.GET('/v1/experiments/{experiment_id}', { params: { path: { experiment_id } } })),
  });

export const stopsQuery = queryOptions({
  queryKey: ['stops'],
  queryFn: () => bodyOf(api.GET('/v1/emergency-stops', { params: { query: { limit: 100 } } })),
});

const STOP_OPEN_MS = 1_000;

/** The report of one stop; asked for again and again until it is complete, since nothing tells of every acknowledgement. */
export const stopQuery = (emergency_stop_id: string) =>
  queryOptions({
    queryKey: ['stops', emergency_stop_id],
    queryFn: () =>
      bodyOf(api.GET('/v1/emergency-stops/{emergency_stop_id}', { params: { path: { emergency_stop_id } } })),
    refetchInterval: ({ state }) =>
      state.data === undefined || (!state.data.complete && state.data.released_at === undefined)
        ? STOP_OPEN_MS
        : false,
  });

export const processesQuery = queryOptions({
  queryKey: ['processes'],
  queryFn: () => bodyOf(api.GET('/v1/processes', { params: { query: { limit: 1000 } } })),
  refetchInterval: 5_000,
});

const of = (experiment_id: string) => ({ params: { path: { experiment_id } } });

/** What says of an experiment which answers there are: the browser reports each that is not there as an error. */
type Asked = Pick<Schemas['Experiment'], 'experiment_id' | 'state' | 'revision'>;

function isStarted({ state }: Asked): boolean {
  return state !== 'draft';
}

/** Whether anybody was ever in it; before that nothing can be measured. */
function isBegun(experiment: Asked): boolean {
  return isStarted(experiment) && experiment.revision > 0;
}

/** The latest results; of one that is over, those of its decision. Null before the first look. */
export const resultsQuery = (experiment: Asked) =>
  queryOptions({
    queryKey: ['experiment', experiment.experiment_id, 'results', isBegun(experiment)],
    queryFn: async () =>
      isBegun(experiment)
        ? orNull(bodyOf(api.GET('/v1/experiments/{experiment_id}/results', of(experiment.experiment_id))))
        : null,
  });

/**
 * The results of one look. They never change, so no change of the experiment makes them old; while another look is fetched the
 * one before stays.
 */
export const lookQuery = (experiment_id: string, snapshot_id: string) =>
  queryOptions({
    queryKey: ['look', experiment_id, snapshot_id],
    queryFn: (): Promise<Schemas['Results'] | null> =>
      orNull(
        bodyOf(
          api.GET('/v1/experiments/{experiment_id}/results', {
            params: { path: { experiment_id }, query: { snapshot_id } },
          }),
        ),
      ),
    placeholderData: (data, query) =>
      query?.queryKey[0] === 'look' && query.queryKey[1] === experiment_id ? data : undefined,
  });

/** The whole life; null where it was never started. */
export const planQuery = (experiment: Asked) =>
  queryOptions({
    queryKey: ['experiment', experiment.experiment_id, 'plan', isStarted(experiment)],
    queryFn: async () =>
      isStarted(experiment)
        ? bodyOf(api.GET('/v1/experiments/{experiment_id}/plan', of(experiment.experiment_id)))
        : null,
  });

/** What it waits for; null where it was never started. */
export const waitingQuery = (experiment: Asked) =>
  queryOptions({
    queryKey: ['experiment', experiment.experiment_id, 'waiting', isStarted(experiment)],
    queryFn: async () =>
      isStarted(experiment)
        ? bodyOf(api.GET('/v1/experiments/{experiment_id}/waiting', of(experiment.experiment_id)))
        : null,
  });

/** How the evidence went, at so many looks. */
export const seriesQuery = (experiment_id: string, points = 200) =>
  queryOptions({
    queryKey: ['experiment', experiment_id, 'series', points],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/experiments/{experiment_id}/series', {
          params: { path: { experiment_id }, query: { points } },
        }),
      ),
  });

/** What is watched minute by minute. A window is over every five minutes, and nothing tells of that. */
export const anomaliesQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ['experiment', experiment_id, 'anomalies'],
    queryFn: () => bodyOf(api.GET('/v1/experiments/{experiment_id}/anomalies', of(experiment_id))),
    refetchInterval: 60_000,
  });

/** The sums folded so far; null where it was never started. */
export const totalsQuery = (experiment: Asked) =>
  queryOptions({
    queryKey: ['experiment', experiment.experiment_id, 'totals', isStarted(experiment)],
    queryFn: async () =>
      isStarted(experiment)
        ? bodyOf(api.GET('/v1/experiments/{experiment_id}/totals', of(experiment.experiment_id)))
        : null,
  });

/** "Nothing was measured" is an answer. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'no_snapshot_yet') return null;
    throw error;
  }
}
