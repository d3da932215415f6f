import type { Policy } from '../../api/library.js';
import type { Stage } from '../../pictures/ramp.js';
import { durationMs } from '../../words/duration-text.js';

/** The life that a policy plans, from its start at 0 on: the earliest times. After a win nothing has a time yet. */
export function stagesOf({ ramp, rollout, holdback, watch, max_duration }: Policy): Stage[] {
  let at = 0;
  const before = ramp.slice(0, -1).map((step, index): Stage => {
    const from = at;
    at += durationMs(step.min_dwell);
    return stage('ramp', index, step.coverage, 'planned', gatesOf(step), from, at);
  });
  const shipped = (coverage: number): number => Math.min(coverage, 100 - holdback);
  const end = Math.max(at, durationMs(max_duration));
  return [
    ...before,
    stage('run', 0, 100, 'planned', [], at, end),
    ...rollout.map((step, index) => stage('rollout', index, shipped(step.coverage), 'if_won', gatesOf(step))),
    stage('watch', 0, shipped(100), 'if_won', [{ code: 'dwell', ms: durationMs(watch) }]),
  ];
}

function stage(
  kind: Stage['kind'],
  step: number,
  coverage: number,
  status: Stage['status'],
  gates: Stage['gates'],
  from?: number,
  until?: number,
): Stage {
  const iso = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString();
  return { kind, step, coverage, status, gates, from: iso(from), until: iso(until) };
}

function gatesOf(step: Policy['ramp'][number]): Stage['gates'] {
  const { min_dwell, min_units, exclude_harm, approval } = step;
  return [
    ...(min_dwell === undefined ? [] : [{ code: 'dwell' as const, ms: durationMs(min_dwell) }]),
    ...(min_units === undefined ? [] : [{ code: 'units' as const, units: min_units }]),
    ...(exclude_harm === undefined ? [] : [{ code: 'harm_excluded' as const, harm: exclude_harm }]),
    ...(approval === true ? [{ code: 'approval' as const }] : []),
  ];
}
