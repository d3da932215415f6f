import type { Schemas } from '../../../api/client.js';
import type { Interruption, Stage } from '../../../pictures/ramp.js';

// What was so when a look was taken. Only what is recorded is told: times that were planned then, and have passed since, are
// not known any more.

type Plan = Schemas['Plan'];
type Series = Schemas['Series'];

/** Where a look lies among those of a series: itself, or the last one before it; −1 where it is before all. */
export function placeOf(
  looks: readonly { snapshot_id: string; at: string }[],
  { snapshot_id, at }: { snapshot_id: string; at: string },
): number {
  const own = looks.findIndex((look) => look.snapshot_id === snapshot_id);
  return own >= 0 ? own : looks.findLastIndex((look) => Date.parse(look.at) <= Date.parse(at));
}

/** The stages as they were at a moment (ms since the epoch); what came later has no times. */
export function stagesAt(stages: readonly Stage[], at: number): Stage[] {
  const begunUntil = (stage: Stage): boolean =>
    isPast(stage) && stage.from !== null && Date.parse(stage.from) <= at;
  const reached = stages.findLastIndex(begunUntil);
  const isWon = reached >= 0 && isAfterWin(stages[reached]!);
  return stages.map((stage, index): Stage => {
    if (begunUntil(stage)) {
      const isDone = index < reached || (stage.until !== null && isPast(stage) && endedUntil(stage, at));
      return { ...stage, status: isDone ? 'done' : 'now', until: isDone ? stage.until : null };
    }
    const later = { ...stage, from: null, until: null };
    if (index < reached) return { ...later, status: 'skipped' };
    return { ...later, status: isAfterWin(stage) && !isWon ? 'if_won' : 'planned' };
  });
}

/** Whether its times are those that were, not those that are planned. */
function isPast({ status }: Stage): boolean {
  return status === 'done' || status === 'now';
}

function endedUntil({ status, until }: Stage, at: number): boolean {
  return status === 'done' && until !== null && Date.parse(until) <= at;
}

function isAfterWin({ kind }: Stage): boolean {
  return kind === 'rollout' || kind === 'watch';
}

/** The holds and pauses that had begun; those that lasted have no end. */
export function interruptionsAt(interruptions: readonly Interruption[], at: number): Interruption[] {
  return interruptions
    .filter(({ from }) => Date.parse(from) <= at)
    .map((one) => ({ ...one, until: one.until !== null && Date.parse(one.until) <= at ? one.until : null }));
}

/** The plan as it stood at a moment. Its numbers are those that the start froze. */
export function planAt(plan: Plan, at: number): Plan {
  return {
    ...plan,
    stages: stagesAt(plan.stages, at),
    interruptions: interruptionsAt(plan.interruptions, at),
  };
}

/** The series up to a moment. */
export function seriesUntil(series: Series, at: number): Series {
  const kept = series.looks.filter((look) => Date.parse(look.at) <= at).length;
  const cut = <T>(values: readonly T[]): T[] => values.slice(0, kept);
  return {
    ...series,
    looks_in_all: series.looks[kept - 1]?.n ?? 0,
    epochs: series.epochs.filter(({ from }) => Date.parse(from) <= at),
    looks: cut(series.looks),
    series: series.series.map((one) => ({
      ...one,
      lift: cut(one.lift),
      lower: cut(one.lower),
      upper: cut(one.upper),
      difference: cut(one.difference),
      difference_lower: cut(one.difference_lower),
      difference_upper: cut(one.difference_upper),
      log_e_harm: cut(one.log_e_harm),
    })),
  };
}
