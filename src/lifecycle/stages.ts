import type { FreezeWindow } from '../calendar/freeze-windows.js';
import { remaining } from './dwell.js';
import { endOf, type Plan } from './plan.js';
import type { Phase, State, TimelineRecord } from './state.js';

/** What a stage asks for before the next one. */
export type Gate =
  | { code: 'dwell'; ms: number }
  | { code: 'units'; units: number }
  | { code: 'harm_excluded'; harm: number }
  | { code: 'approval' };

/** A stretch of an experiment's life. Times in ms since the epoch. */
export interface Stage {
  kind: 'ramp' | 'run' | 'rollout' | 'watch';
  /** Index among those of its kind. */
  step: number;
  /** Share of the eligible units that are enrolled, per cent; from the roll-out on, of those who get the winner. */
  coverage: number;
  status: 'done' | 'now' | 'planned' | 'if_won' | 'skipped';
  /** When it began; of what is planned the earliest time. Null: not known. */
  from: number | null;
  until: number | null;
  gates: Gate[];
}

/** A stretch in which nothing advanced, or will. `until` is null while it lasts. */
export interface Interruption {
  code: string;
  from: number;
  until: number | null;
  reason: string | null;
}

export type PastLine = Pick<TimelineRecord, 'kind' | 'at' | 'to' | 'data' | 'reason'>;

/**
 * The whole life of an experiment: what was, is, and is planned. A plan tells earliest times: whatever holds makes them
 * later.
 *
 * @param past the timeline, oldest first
 * @param freezes the freeze windows to come
 */
export function stagesOf(
  plan: Plan,
  state: State,
  past: readonly PastLine[],
  freezes: readonly FreezeWindow[],
  now: number,
): Stage[] {
  const begun = beginnings(past);
  const stages = emptyStages(plan, state);
  const present = stages.findIndex((stage) => isPresent(stage, state.phase));
  const reached = state.phase.state === 'completed' ? lastBegun(stages, begun) : present;
  for (const [index, stage] of stages.entries()) {
    stage.from = begun.get(nameOf(stage)) ?? null;
    stage.status = statusOf(index, present, reached, stage, state.phase);
  }
  endPast(stages, past, now);
  foresee(stages, plan, state, freezes, now);
  return stages;
}

function emptyStages(plan: Plan, state: State): Stage[] {
  const { ramp, rollout, holdback, watch } = plan.policy;
  const shipped = (coverage: number): number => Math.min(coverage, 100 - holdback);
  const stage = (kind: Stage['kind'], step: number, coverage: number, gates: Gate[]): Stage => ({
    ...{ kind, step, coverage, gates },
    ...{ status: 'planned', from: null, until: null },
  });
  return [
    ...ramp.slice(0, -1).map((one, step) => stage('ramp', step, one.coverage, gatesOf(one))),
    stage('run', 0, 100, [{ code: 'dwell', ms: Math.max(0, endOf(plan, state) - plan.start_at) }]),
    ...rollout.map((one, step) => stage('rollout', step, shipped(one.coverage), gatesOf(one))),
    stage('watch', 0, shipped(100), [{ code: 'dwell', ms: watch }]),
  ];
}

function gatesOf(step: Plan['policy']['ramp'][number] | Plan['policy']['rollout'][number]): Gate[] {
  const gates: Gate[] = [];
  if (step.min_dwell) gates.push({ code: 'dwell', ms: step.min_dwell });
  if ('min_units' in step && step.min_units) gates.push({ code: 'units', units: step.min_units });
  if ('exclude_harm' in step && step.exclude_harm)
    gates.push({ code: 'harm_excluded', harm: step.exclude_harm });
  if ('approval' in step && step.approval) gates.push({ code: 'approval' });
  return gates;
}

function nameOf({ kind, step }: Pick<Stage, 'kind' | 'step'>): string {
  return `${kind} ${step}`;
}

/** When each stage began first. */
function beginnings(past: readonly PastLine[]): Map<string, number> {
  const begun = new Map<string, number>();
  let rollouts = 0;
  for (const { kind, at, to, data } of past) {
    let name: string | null = null;
    if (kind === 'ramped' && data?.['winner'] !== undefined)
      name = nameOf({ kind: 'rollout', step: rollouts++ });
    else if (kind === 'ramped' && typeof data?.['step'] === 'number') {
      const isLast = data['step'] === Number(data['of']) - 1;
      name = isLast ? 'run 0' : nameOf({ kind: 'ramp', step: data['step'] });
    } else if (kind === 'state_changed' && to === 'running') name = 'run 0';
    else if (kind === 'state_changed' && to === 'watching') name = 'watch 0';
    if (name !== null && !begun.has(name)) begun.set(name, at);
  }
  return begun;
}

function isPresent({ kind, step }: Stage, phase: Phase): boolean {
  switch (phase.state) {
    case 'ramping':
      return kind === 'ramp' && step === phase.step;
    case 'running':
    case 'awaiting_approval':
      return kind === 'run';
    case 'rolling_out':
      return kind === 'rollout' && step === phase.step;
    case 'watching':
      return kind === 'watch';
    case 'scheduled':
    case 'queued':
    case 'rolling_back':
    case 'completed':
      return false;
  }
}

function lastBegun(stages: readonly Stage[], begun: ReadonlyMap<string, number>): number {
  return stages.findLastIndex((stage) => begun.has(nameOf(stage)));
}

function statusOf(
  index: number,
  present: number,
  reached: number,
  { kind, from }: Stage,
  phase: Phase,
): Stage['status'] {
  if (index === present) return 'now';
  const isOver = phase.state === 'completed' || phase.state === 'rolling_back';
  // A person may go over steps: those were never there.
  if (index < reached || (isOver && index === reached)) return from === null ? 'skipped' : 'done';
  if (isOver) return from === null ? 'skipped' : 'done';
  const isAfterWin = kind === 'rollout' || kind === 'watch';
  const isWon = phase.state === 'rolling_out' || phase.state === 'watching';
  return isAfterWin && !isWon ? 'if_won' : 'planned';
}

/** A stage ended when the next one began; the last one with the experiment. */
function endPast(stages: Stage[], past: readonly PastLine[], now: number): void {
  const ended = past.find(
    ({ kind, to }) => kind === 'state_changed' && (to === 'completed' || to === 'rolling_back'),
  );
  const known = stages.filter(({ from }) => from !== null);
  for (const [index, stage] of known.entries()) {
    if (stage.status !== 'done') continue;
    stage.until = known[index + 1]?.from ?? ended?.at ?? now;
  }
}

/** The earliest times of what is still to come, which stand still in freeze windows. */
function foresee(
  stages: Stage[],
  plan: Plan,
  state: State,
  freezes: readonly FreezeWindow[],
  now: number,
): void {
  const { phase } = state;
  let at = phase.state === 'scheduled' || phase.state === 'queued' ? Math.max(now, plan.start_at) : now;
  for (const stage of stages) {
    // A win has no time yet.
    if (stage.status !== 'now' && stage.status !== 'planned') continue;
    if (stage.status === 'planned') stage.from = at;
    at = endOfStage(stage, plan, state, freezes, at, now);
    stage.until = at;
  }
}

function endOfStage(
  stage: Stage,
  plan: Plan,
  state: State,
  freezes: readonly FreezeWindow[],
  at: number,
  now: number,
): number {
  const { phase } = state;
  if (stage.kind === 'run') return Math.max(at, endOf(plan, state));
  if (stage.kind === 'watch') return phase.state === 'watching' ? phase.until : at + plan.policy.watch;
  const dwell = stage.gates.find((gate) => gate.code === 'dwell');
  const left = stage.status === 'now' && 'dwell' in phase ? remaining(phase.dwell, now) : (dwell?.ms ?? 0);
  return afterDwell(at, left, freezes);
}

/** When a clock that begins at `at` has run for `ms`, standing still in freeze windows. */
function afterDwell(at: number, ms: number, freezes: readonly FreezeWindow[]): number {
  let moment = at;
  let left = ms;
  for (const { from, to } of freezes) {
    if (to <= moment) continue;
    if (moment + left <= from) break;
    left -= Math.max(0, from - moment);
    moment = to;
  }
  return moment + left;
}

/** The holds and pauses that were, and the freeze windows to come. */
export function interruptionsOf(
  past: readonly PastLine[],
  freezes: readonly FreezeWindow[],
  now: number,
): Interruption[] {
  const all: Interruption[] = [];
  const open = new Map<string, Interruption>();
  const begin = (code: string, from: number, reason: string | null): void => {
    const interruption = { code, from, until: null, reason };
    open.set(code, interruption);
    all.push(interruption);
  };
  const end = (code: string, at: number): void => {
    const interruption = open.get(code);
    if (interruption) interruption.until = at;
    open.delete(code);
  };
  for (const { kind, at, to, data, reason } of past) {
    if (kind === 'held') begin(String(data?.['code']), at, reason ?? null);
    else if (kind === 'lifted') end(String(data?.['code']), at);
    else if (kind === 'command' && data?.['command'] === 'pause') begin('paused', at, reason ?? null);
    else if (kind === 'command' && data?.['command'] === 'resume') end('paused', at);
    else if (kind === 'state_changed' && (to === 'completed' || to === 'rolling_back'))
      for (const code of [...open.keys()]) end(code, at);
  }
  const frozen = freezes
    .filter(({ from }) => from > now)
    .map(({ from, to }) => ({ code: 'freeze_window', from, until: to, reason: null }));
  return [...all, ...frozen];
}
