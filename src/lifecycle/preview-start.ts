import type { FreezeWindow } from '../calendar/freeze-windows.js';
import type { SlotInterval } from '../model/serving.js';
import { enrolled, slotsOf } from './allocation.js';
import { iso } from '../iso.js';
import type { Plan } from './plan.js';
import { effect, type Effect } from './preview.js';
import { wakeAt } from './schedule.js';
import { stagesOf } from './stages.js';
import { initialState, type State } from './state.js';
import { step } from './step.js';
import { viewOf, type View } from './view.js';

/** What surrounds an experiment as it starts. */
export interface StartCircumstances {
  /** Emergency stops in force over it. */
  fences: readonly { emergency_stop_id: string; by: string; reason: string }[];
  freezes: FreezeWindow[];
  /** The slots of its layer that it would get now; null where it must wait for them, or has no layer. */
  lease: SlotInterval[] | null;
}

/** A start that is only tried: where the experiment stands before and after it, and what it does. */
export interface Beginning {
  before: View;
  after: View;
  effects: Effect[];
}

/** Where every draft stands. */
export const DRAFT_VIEW: View = {
  ...{ state: 'draft', step: null, coverage: 0, allocation: {}, holds: [], paused: null, outcome: null },
  ...{ winner: null, dropped: [], lease: null, deadlines: {}, revision: 0, last_decision: null, lost: [] },
};

/** More waits than any calendar has before one beginning. */
const MOST_WAITS = 100;

/**
 * What a start at `now` (ms since the epoch) does, by the steps that its workflow takes first.
 *
 * @param plan as the start would freeze it
 */
export function beginningOf(plan: Plan, circumstances: StartCircumstances, now: number): Beginning {
  const state = begunAt(plan, circumstances, now);
  return {
    before: DRAFT_VIEW,
    after: viewOf(plan, state),
    effects: [...waits(plan, state), ...enrolment(plan, state, circumstances, now), end(plan)],
  };
}

/** The state once the workflow has taken what is there to take at `now`. */
export function begunAt(plan: Plan, { fences, freezes, lease }: StartCircumstances, now: number): State {
  let state = initialState(freezes);
  for (const fence of fences) state = step(plan, state, { kind: 'fence', ...fence }, now).state;
  return goOn(plan, state, lease, now);
}

function goOn(plan: Plan, before: State, lease: SlotInterval[] | null, now: number): State {
  const due = wakeAt(plan, before);
  let state = due === null || due > now ? before : step(plan, before, { kind: 'tick' }, now).state;
  if (state.phase.state === 'queued' && lease)
    state = step(plan, state, { kind: 'leased', slots: lease }, now).state;
  return state;
}

/** Why nobody is enrolled yet. */
function waits(plan: Plan, { phase, holds }: State): Effect[] {
  const held = holds.map(({ code, detail, lifts_when }) =>
    effect('waits', `nobody is enrolled until ${lifts_when} (${detail ?? code})`),
  );
  if (held.length > 0) return held;
  if (phase.state === 'scheduled')
    return [effect('waits', `nobody is enrolled before its start at ${iso(plan.start_at)}`)];
  if (phase.state === 'queued') {
    const share = plan.layer!.slots / 100;
    return [effect('waits', `it waits until ${share} % of layer ${plan.layer!.layer_id} are free`)];
  }
  return [];
}

/** Who gets what first, and when that ends. */
function enrolment(plan: Plan, state: State, { freezes, lease }: StartCircumstances, now: number): Effect[] {
  const first = firstEnrolment(plan, state, lease, now);
  if (first === null) {
    const { coverage } = plan.policy.ramp[0]!;
    return [effect('enrols', `${coverage} % of people are enrolled once it may begin`)];
  }
  const arms = Object.entries(slotsOf(first.state.ranges)).map(([arm, slots]) => `${slots / 100} % ${arm}`);
  const when = first.at <= now ? 'at once' : `from ${iso(first.at)} on`;
  const of_layer = plan.layer ? ' of its part of the layer' : '';
  const enrols = effect(
    'enrols',
    `${enrolled(first.state.bands)} % of people${of_layer} are enrolled ${when}: ${arms.join(', ')}`,
  );
  return [enrols, ...firstStep(plan, first.state, freezes, first.at)];
}

/** The first moment with somebody enrolled, as far as only time must pass; null where it waits for something else. */
function firstEnrolment(
  plan: Plan,
  before: State,
  lease: SlotInterval[] | null,
  now: number,
): { at: number; state: State } | null {
  let state = before;
  let at = now;
  for (let wait = 0; wait < MOST_WAITS; wait += 1) {
    if (state.ranges.length > 0) return { at, state };
    const due = wakeAt(plan, state);
    if (due === null) return null;
    at = Math.max(at, due);
    state = goOn(plan, state, lease, at);
  }
  return null;
}

function firstStep(plan: Plan, state: State, freezes: readonly FreezeWindow[], at: number): Effect[] {
  const stages = stagesOf(plan, state, [], freezes, at);
  const [now, next] = [stages.find(({ status }) => status === 'now'), stages.find(isPlanned)];
  if (now?.kind !== 'ramp' || now.until === null || next === undefined) return [];
  const others = now.gates.filter(({ code }) => code !== 'dwell');
  const also = others.length > 0 ? ', and only once all that the step asks for is so' : '';
  return [
    effect('steps', `${next.coverage} % are enrolled from ${iso(now.until)} on at the earliest${also}`),
  ];
}

function isPlanned({ status }: { status: string }): boolean {
  return status === 'planned';
}

function end(plan: Plan): Effect {
  return effect('ends', `it is decided by ${iso(plan.end_at)}, if not sooner`);
}
