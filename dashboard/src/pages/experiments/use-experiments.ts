import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { endedExperimentsQuery, openExperimentsQuery } from '../../api/lists.js';
import type { Listed } from './rows.js';

interface Experiments {
  /** Of those that are not over: the page stands and falls with it. */
  query: UseQueryResult<{ experiments: Listed[]; counts: Record<string, number> | undefined }>;
  /** All of them: those that are not over, and the newest of those that are. */
  experiments: Listed[];
  /** How many are over, also those that are not here. */
  ended: number;
}

/** All experiments that the list shows, kept fresh. */
export function useExperiments(): Experiments {
  const queries = useQueryClient();
  const query = useQuery(openExperimentsQuery);
  const over = useQuery(endedExperimentsQuery);
  const open = query.data?.experiments;
  const known = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (!open) return;
    const now = new Set(open.map((one) => one.experiment_id));
    const isGone = [...known.current].some((id) => !now.has(id));
    known.current = now;
    if (isGone) void queries.invalidateQueries({ queryKey: endedExperimentsQuery.queryKey });
  }, [open, queries]);
  const experiments = useMemo(() => {
    const seen = new Set(open?.map((one) => one.experiment_id));
    return [...(open ?? []), ...(over.data ?? []).filter((one) => !seen.has(one.experiment_id))];
  }, [open, over.data]);
  return {
    query,
    experiments,
    ended: Math.max(query.data?.counts?.['completed'] ?? 0, over.data?.length ?? 0),
  };
}
