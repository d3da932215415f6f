import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { needyExperimentsQuery } from '../../api/lists.js';
import { stopsQuery } from '../../api/queries.js';
import { attentionOf, type Section } from './items.js';

interface Attention {
  /** What it is made of: the page shows how they are. */
  experiments: UseQueryResult;
  stops: UseQueryResult;
  /** Undefined until both are there. */
  sections: Section[] | undefined;
}

/** All that needs somebody. The navigation and the page ask for it once. */
export function useAttention(): Attention {
  const experiments = useQuery(needyExperimentsQuery);
  const stops = useQuery(stopsQuery);
  const sections = useMemo(
    () => (experiments.data && stops.data ? attentionOf(experiments.data, stops.data.items) : undefined),
    [experiments.data, stops.data],
  );
  return { experiments, stops, sections };
}
