import type { Schemas } from '../../api/client.js';
import type { Kind, ListSearch } from './search.js';

export type Listed = Schemas['ListedExperiment'];

export type GroupName = 'needs' | 'way' | 'ended';

export interface Group {
  name: GroupName;
  experiments: Listed[];
}

/** Which one of the filters an experiment belongs to. */
export function kindOf({ state, holds, paused }: Listed): Kind {
  if (state === 'completed') return 'ended';
  if (state === 'awaiting_approval' || asksFor({ state, holds })) return 'approval';
  if (paused !== null || holds.length > 0) return 'held';
  return state;
}

/** Whether somebody is asked for a yes: to the winner, or to a step of the ramp. */
function asksFor({ state, holds }: Pick<Listed, 'state' | 'holds'>): boolean {
  return state === 'awaiting_approval' || holds.some(({ code }) => code === 'approval');
}

/** Where it is shown: what waits for a person comes first. */
export function groupOf(experiment: Listed): GroupName {
  const kind = kindOf(experiment);
  if (kind === 'ended') return 'ended';
  return kind === 'approval' || kind === 'held' || experiment.served.lost.length > 0 ? 'needs' : 'way';
}

/** Those that all filters but the kind let through. */
export function matching(experiments: readonly Listed[], { q, owner, layer }: ListSearch): Listed[] {
  const text = q?.trim().toLowerCase() ?? '';
  return experiments.filter(
    (one) =>
      (owner === undefined || one.owner === owner) &&
      (layer === undefined || one.layer_id === layer) &&
      (text === '' ||
        one.experiment_id.toLowerCase().includes(text) ||
        (one.name ?? '').toLowerCase().includes(text)),
  );
}

/** How many there are of each kind. */
export function countsOf(experiments: readonly Listed[]): Map<Kind, number> {
  const counts = new Map<Kind, number>();
  for (const one of experiments) {
    const kind = kindOf(one);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** In groups, without those that are empty; within a group in the order in which people look for them. */
export function grouped(experiments: readonly Listed[], show: Kind | undefined): Group[] {
  const groups: Record<GroupName, Listed[]> = { needs: [], way: [], ended: [] };
  for (const one of experiments) {
    if (show === undefined || kindOf(one) === show) groups[groupOf(one)].push(one);
  }
  groups.needs.sort((a, b) => urgency(a) - urgency(b) || sinceOf(a) - sinceOf(b));
  groups.way.sort((a, b) => startOf(b) - startOf(a));
  groups.ended.sort((a, b) => endOf(b) - endOf(a));
  return (['needs', 'way', 'ended'] as const)
    .filter((name) => groups[name].length > 0)
    .map((name) => ({ name, experiments: groups[name] }));
}

/** What has a deadline comes first, then what holds, then what somebody has paused. */
function urgency({ state, holds }: Listed): number {
  if (asksFor({ state, holds })) return 0;
  return holds.length > 0 ? 1 : 2;
}

function sinceOf({ state, deadlines, holds, paused }: Listed): number {
  if (state === 'awaiting_approval') return Date.parse(deadlines['approval_at'] ?? '') || 0;
  return Date.parse(holds[0]?.since ?? paused?.at ?? '') || 0;
}

/** Drafts have no start yet, and are the newest of all. */
function startOf({ start_date, created_at, state }: Listed): number {
  return state === 'draft' ? Number.MAX_SAFE_INTEGER : Date.parse(start_date ?? created_at);
}

function endOf({ ended_at }: Listed): number {
  return ended_at === null ? Number.MAX_SAFE_INTEGER : Date.parse(ended_at);
}

/** The different values of a field, sorted, for a filter. */
export function valuesOf(experiments: readonly Listed[], field: 'owner' | 'layer_id'): string[] {
  const values = new Set(experiments.flatMap((one) => one[field] ?? []));
  return [...values].sort((a, b) => a.localeCompare(b));
}
