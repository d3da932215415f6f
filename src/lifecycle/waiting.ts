import { missingForStep } from './decisions/ramp.js';
import { unitsOf } from './decisions/reading.js';
import { situationOf, type Situation } from './decisions/situation.js';
import { shipHoldsOf } from './doubts.js';
import { remaining } from './dwell.js';
import { blindMetrics, blindText, isExcused } from './guardrails.js';
import { holdsOfRamp } from './holds.js';
import type { Look } from './look.js';
import { endOf, metricsOf, type Plan } from './plan.js';
import type { Dwell, Hold, Phase, State, UsedEvidence } from './state.js';

/** What has to be so before an experiment goes on. */
export interface Condition {
  code: ConditionCode | Hold['code'];
  text: string;
  met: boolean;
  /** How much there is, and how much there must be, in `unit`; null where it is no matter of an amount. */
  have: number | null;
  need: number | null;
  unit: 'ms' | 'units' | 'e-value' | 'rate' | null;
  /** When it is met at the earliest, ms since the epoch; null where that is not known. */
  at: number | null;
  metric_id?: string;
  variant?: string;
}

export type ConditionCode =
  | 'start_time'
  | 'slots'
  | 'dwell'
  | 'units'
  | 'harm_excluded'
  | 'step_approval'
  | 'ship_approval'
  | 'no_hold'
  | 'not_paused'
  | 'served'
  | 'ramp_complete'
  | 'min_duration'
  | 'guardrails_seen'
  | 'decided'
  | 'watched';

/** What an experiment goes toward next. */
export type Toward =
  | { code: 'start' | 'slots' | 'decision' | 'control_served' | 'nothing' }
  | { code: 'ramp_step'; coverage: number }
  | { code: 'approval' | 'watch' | 'whole_audience'; variant: string }
  | { code: 'rollout_step'; coverage: number; variant: string };

export interface Waiting {
  toward: Toward;
  /** All of them must be met. */
  conditions: Condition[];
  /** What must be so before the engine may ship, while nothing is decided; empty at other times. */
  before_shipping: Condition[];
}

/**
 * What must happen next, by the code that will decide it.
 *
 * @param state as its workflow stored it last
 * @param look the newest one; null before the first
 * @param now ms since the epoch
 */
export function waitingOf(plan: Plan, state: State, look: Look | null, now: number): Waiting {
  const { phase } = state;
  const seen = look !== null && look.epoch === state.epoch ? look : { ...NOTHING_SEEN, epoch: state.epoch };
  const situation = situationOf(plan, state, seen, now, state.holds);
  const isUndecided = phase.state === 'ramping' || phase.state === 'running';
  return {
    ...next(situation, state, phase),
    before_shipping: isUndecided ? beforeShipping(situation, state) : [],
  };
}

/** A look in which nothing was measured. Whoever reads evidence takes what is absent as no answer. */
const NOTHING_SEEN = {
  units: {},
  evidence: {},
  limits_at_full_alpha: [],
  stale_guardrails: [],
  silent_guardrails: [],
} as unknown as Look;

function next(situation: Situation, state: State, phase: Phase): Omit<Waiting, 'before_shipping'> {
  const { plan, now, atHorizon } = situation;
  const { rollout, ramp, watch } = plan.policy;
  switch (phase.state) {
    case 'scheduled':
      return { toward: { code: 'start' }, conditions: [startTime(plan, now), ...unheld(state.holds, state)] };
    case 'queued':
      return { toward: { code: 'slots' }, conditions: [slots(state), ...unheld(state.holds, state)] };
    case 'ramping':
      return atHorizon
        ? { toward: { code: 'decision' }, conditions: decided(situation, state) }
        : {
            toward: { code: 'ramp_step', coverage: ramp[phase.step + 1]!.coverage },
            conditions: forStep(situation, state, phase),
          };
    case 'running':
      return { toward: { code: 'decision' }, conditions: decided(situation, state) };
    case 'awaiting_approval':
      return {
        toward: { code: 'approval', variant: phase.winner },
        conditions: [shipApproval(phase), ...unheld(shipHoldsOf(state, state.accepted), state)],
      };
    case 'rolling_out': {
      const following = rollout[phase.step + 1];
      return {
        toward: following
          ? { code: 'rollout_step', coverage: following.coverage, variant: phase.winner }
          : { code: 'watch', variant: phase.winner },
        conditions: [
          served(state),
          ...dwelt(phase.dwell, rollout[phase.step]!.min_dwell ?? 0, now),
          ...unheld([...holdsOfRamp(state.holds), ...shipHoldsOf(state, state.accepted)], state),
        ],
      };
    }
    case 'watching':
      return {
        toward: { code: 'whole_audience', variant: phase.winner },
        conditions: [watched(phase.until, watch, now), ...unheld(shipHoldsOf(state, state.accepted), state)],
      };
    case 'rolling_back':
      return { toward: { code: 'control_served' }, conditions: [served(state)] };
    case 'completed':
      return { toward: { code: 'nothing' }, conditions: [] };
  }
}

/** What row 6 of the decision table asks for. */
function forStep(
  situation: Situation,
  state: State,
  phase: Extract<Phase, { state: 'ramping' }>,
): Condition[] {
  const { plan, treatments, now } = situation;
  const step = plan.policy.ramp[phase.step]!;
  const missing = missingForStep(situation);
  // A question that waits for its answer is a condition by itself, and its hold says nothing more.
  const isAsked = step.approval === true && phase.answer !== 'approved';
  const arms = [plan.control, ...treatments];
  return [
    ...dwelt(phase.dwell, step.min_dwell ?? 0, now),
    ...(step.min_units === undefined ? [] : arms.map((arm) => units(situation, arm, step.min_units!))),
    ...(step.exclude_harm === undefined
      ? []
      : exclusions(
          situation,
          missing.flatMap(({ evidence = [] }) => evidence),
        )),
    ...(step.approval
      ? [plain('step_approval', 'a person lets the next step go on', phase.answer === 'approved')]
      : []),
    ...unheld(
      holdsOfRamp(state.holds).filter(({ code }) => !(isAsked && code === 'approval')),
      state,
    ),
  ];
}

/** One for each guardrail and treatment: whether the harm that the step names is excluded. */
function exclusions({ plan, treatments }: Situation, missing: readonly UsedEvidence[]): Condition[] {
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) =>
    treatments.map((variant): Condition => {
      const lacking = missing.find((one) => one.metric_id === metric_id && one.variant === variant);
      const isRate = lacking?.quantity.endsWith('error_free_limit') ?? false;
      return {
        ...plain(
          'harm_excluded',
          `${metric_id} of ${variant} excludes the harm that the step names`,
          !lacking,
        ),
        have: lacking ? amountOf(lacking.value, isRate) : null,
        need: lacking ? amountOf(lacking.threshold, isRate) : null,
        unit: isRate ? 'rate' : 'e-value',
        metric_id,
        variant,
      };
    }),
  );
}

/** E-values are kept as logarithms. */
function amountOf(value: number | null, isRate: boolean): number | null {
  return value === null || isRate ? value : Math.exp(value);
}

/** What must be so before a row of the table decides. */
function decided(situation: Situation, state: State): Condition[] {
  return beforeShipping(situation, state).filter(({ code }) => code !== 'ramp_complete');
}

/** What the rows ask that ship by themselves: 7 to 10 before the horizon, 13 at it. */
function beforeShipping(situation: Situation, state: State): Condition[] {
  const { plan, now, atHorizon, treatments, look } = situation;
  const { phase } = state;
  const { min_duration, min_units_per_variant, ramp } = plan.policy;
  const blind = blindMetrics(plan, state, look).filter((one) => !isExcused(plan, state, one));
  const end = endOf(plan, state);
  return [
    {
      ...plain('ramp_complete', 'the ramp is at full coverage', phase.state === 'running' || atHorizon),
      have: phase.state === 'ramping' ? phase.step + 1 : ramp.length,
      need: ramp.length,
    },
    {
      ...plain(
        'min_duration',
        'the minimum duration is over',
        atHorizon || now >= plan.start_at + min_duration,
      ),
      have: Math.max(0, now - plan.start_at),
      need: min_duration,
      unit: 'ms',
      at: plan.start_at + min_duration,
    },
    ...[plan.control, ...treatments].map((arm) => units(situation, arm, min_units_per_variant)),
    plain(
      'guardrails_seen',
      blind.length === 0 ? 'every guardrail could object' : blind.map(blindText).join('; '),
      blind.length === 0,
    ),
    ...unheld(
      [...holdsOfRamp(state.holds), ...shipHoldsOf(state)].filter(({ code }) => code !== 'guardrail_blind'),
      state,
    ),
    { ...plain('decided', 'a row of the table decides', false), at: end > now ? end : null },
  ];
}

function units({ look }: Situation, variant: string, need: number): Condition {
  const have = unitsOf(look, variant);
  return {
    ...plain('units', `${variant} has enough units`, have >= need),
    have,
    need,
    unit: 'units',
    variant,
  };
}

function dwelt(dwell: Dwell, need: number, now: number): Condition[] {
  if (need === 0) return [];
  const left = remaining(dwell, now);
  const at = dwell.since === null || left === 0 ? null : now + left;
  return [
    {
      ...plain('dwell', 'the step has lasted long enough', left === 0),
      have: need - left,
      need,
      unit: 'ms',
      at,
    },
  ];
}

/** Every hold by itself, so that each says what lifts it; one that is met where none of them stands in the way. */
function unheld(holds: readonly Hold[], state: State): Condition[] {
  const { paused } = state;
  const standing = holds.filter((one, index) => holds.findIndex(({ code }) => code === one.code) === index);
  const nothing = state.holds.length === 0 ? 'nothing is held' : 'what is held is a ship, not this';
  return [
    ...(standing.length === 0 ? [plain('no_hold', nothing, true)] : []),
    ...standing.map(({ code, lifts_when }) => plain(code, lifts_when, false)),
    ...(paused ? [plain('not_paused', `${paused.by} paused it, and somebody resumes it`, false)] : []),
  ];
}

function startTime({ start_at }: Plan, now: number): Condition {
  return { ...plain('start_time', 'the start is reached', now >= start_at), at: start_at };
}

function slots({ lease }: State): Condition {
  return plain('slots', 'the layer has slots for it', lease !== null);
}

function served({ published_revision, revision }: State): Condition {
  return plain('served', 'every process serves the newest allocation', published_revision >= revision);
}

function shipApproval({ winner, deadline }: Extract<Phase, { state: 'awaiting_approval' }>): Condition {
  return { ...plain('ship_approval', `a person lets ${winner} ship`, false), at: deadline };
}

function watched(until: number, need: number, now: number): Condition {
  return {
    ...plain('watched', 'the watch is over', now >= until),
    have: Math.max(0, need - Math.max(0, until - now)),
    need,
    unit: 'ms',
    at: until,
  };
}

function plain(code: Condition['code'], text: string, met: boolean): Condition {
  return { code, text, met, have: null, need: null, unit: null, at: null };
}
