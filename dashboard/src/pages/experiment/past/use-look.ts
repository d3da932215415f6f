import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Schemas } from '../../../api/client.js';
import { lookQuery, resultsQuery } from '../../../api/queries.js';

/** The look that the address names; undefined where the present is shown. */
export function useLook(): string | undefined {
  return useSearch({ from: '/experiments/$experiment_id' }).look;
}

/** The results of the look that is shown, and whether that is a past one. */
export function useResults(experiment: Schemas['Experiment']) {
  const look = useLook();
  const isPast = look !== undefined;
  const present = useQuery({ ...resultsQuery(experiment), enabled: !isPast });
  const past = useQuery({ ...lookQuery(experiment.experiment_id, look ?? ''), enabled: isPast });
  return { results: isPast ? past : present, isPast };
}

/** What a link says so that the page behind it shows the same look. */
export function useLookSearch(): { look?: string } {
  const look = useLook();
  return look === undefined ? {} : { look };
}
