import { queryOptions } from '@tanstack/react-query';
import { ApiError } from './client.js';
import type { paths } from './schema.js';

export type Readiness = paths['/readyz']['get']['responses'][200]['content']['application/json'];

const PERIOD_MS = 3_000;
const PATIENCE_MS = 5_000;

/** What the process that answers can reach. Its 503 is an answer, too. */
export const readinessQuery = queryOptions({
  queryKey: ['readiness'],
  queryFn: async (): Promise<Readiness> => {
    try {
      const response = await fetch('/readyz', { signal: AbortSignal.timeout(PATIENCE_MS) });
      return (await response.json()) as Readiness;
    } catch {
      throw new ApiError({
        status: 0,
        title: 'No answer',
        detail: 'The server does not answer.',
        code: 'no_answer',
      });
    }
  },
  refetchInterval: PERIOD_MS,
});
