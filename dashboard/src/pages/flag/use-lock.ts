import { useQuery } from '@tanstack/react-query';
import { experimentQuery } from '../../api/queries.js';
import type { Flag } from '../../words/flags.js';

/** What an experiment under way keeps as it is: the kind of its flag, and the variants it uses. */
export interface Lock {
  experiment_id: string;
  variants: string[];
}

export function useLock({ driven_by = [] }: Pick<Flag, 'driven_by'>): Lock | null {
  const [experiment_id] = driven_by;
  const { data } = useQuery({
    ...experimentQuery(experiment_id ?? ''),
    enabled: experiment_id !== undefined,
  });
  if (experiment_id === undefined) return null;
  return { experiment_id, variants: Object.keys(data?.variants ?? {}) };
}
