import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { resultsQuery } from '../../../api/queries.js';

/** The look that the address names; undefined where the present is shown. */
export function useLook(): string | undefined {
  return useSearch({ from: '/experiments/$experiment_id' }).look;
}

/** The results of the look that is shown, and whether that is a past one. */
export function useResults(experiment_id: string) {
  const look = useLook();
  return { results: useQuery(resultsQuery(experiment_id, look)), isPast: look !== undefined };
}

/** What a link says so that the page behind it shows the same look. */
export function useLookSearch(): { look?: string } {
  const look = useLook();
  return look === undefined ? {} : { look };
}
