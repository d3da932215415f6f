import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/client.js';

/** Answers stay until the live feed says that they have changed. Refusals are answers; only silence is asked again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && error instanceof ApiError && isPassing(error),
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

function isPassing({ status }: ApiError): boolean {
  return status === 0 || status === 429 || status >= 500;
}
