import type { Command, CommandName } from '../../src/lifecycle/commands.js';
import { decide } from '../../src/lifecycle/decide.js';
import { ROW } from '../../src/lifecycle/decisions/rows.js';
import type { Look } from '../../src/lifecycle/look.js';
import { armRegions, type Plan } from '../../src/lifecycle/plan.js';
import { step, type Input } from '../../src/lifecycle/step.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import { demoPolicy, policySchema, type Policy } from '../../src/model/policy.js';
import type { Comparison, GuardrailEvidence, SegmentEvidence } from '../../src/stats/evidence.js';

export const START = 1_800_000_000_000;
export const SECOND = 1_000;

export interface PlanOptions {
  arms?: [string, number][];
  policy?: Partial<Policy>;
  sample_size?: number;
  owner?: string;
  layer?: Plan['layer'];
  segments?: string[];
  /** Of the primary, ms. */
  window?: number;
}

/** A plan under the demo policy: ramp 10, 50, 100; at least 20 s, at most 60 s. */
export function planFor({
  arms = [
    ['control', 50],
    ['treatment', 50],
  ],
  policy = {},
  sample_size,
  owner,
  layer,
  segments,
  window,
}: PlanOptions = {}): Plan {
  return {
    experiment_id: 'e',
    engine_version: ENGINE_VERSION,
    control: 'control',
    arms: armRegions(arms.map(([variant, traffic]) => ({ variant, traffic }))),
    metrics: [
      { metric_id: 'ctr', role: 'primary', direction: 'increase', ...(window !== undefined && { window }) },
      { metric_id: 'errors', role: 'guardrail', direction: 'decrease' },
    ],
    policy: { ...(policySchema.parse(demoPolicy) as Policy), ...policy },
    start_at: START,
    end_at: START + 60 * SECOND,
    ...(sample_size !== undefined && { sample_size }),
    ...(owner !== undefined && { owner }),
    ...(layer && { layer }),
    ...(segments && { segments }),
  };
}

/** A fixed test about which nothing can be said yet. */
export const UNDECIDED_FINAL = {
  z: 0.1,
  p_value: 0.9,
  lower: -0.02,
  upper: 0.02,
  relative_lower: -0.2,
  relative_upper: 0.2,
};

/** A comparison about which nothing can be said yet. */
export function undecided(variant = 'treatment'): Comparison {
  return {
    variant,
    control_value: 0.1,
    value: 0.1,
    difference: 0.001,
    standard_error: 0.01,
    z: 0.1,
    p_value: 0.9,
    relative: { lift: 0.01, lower: -0.2, upper: 0.2, level: 0.96, bounded: true },
    absolute: { lower: -0.02, upper: 0.02, level: 0.96 },
    sequence: {
      alpha: 0.01,
      half_width: 0.04,
      lower: -0.04,
      upper: 0.04,
      relative_lower: -0.4,
      relative_upper: 0.4,
      p_value: 1,
    },
    final: UNDECIDED_FINAL,
    estimate: null,
    valid_now: { kind: 'sequence', lower: -0.04, upper: 0.04, relative_lower: -0.4, relative_upper: 0.4 },
    bayes: { chance_to_win: 0.5, expected_loss: 0.01, credible: { level: 0.95, lower: -1, upper: 1 } },
  };
}

export interface LookOptions {
  /** One for each treatment. */
  ctr?: Partial<Comparison>[];
  /** The guardrail of all treatments, or only of those that are named. */
  errors?: Partial<GuardrailEvidence> & { of?: string };
  /** What the look says of segments: the guardrail and the primary of the treatment, and units an arm (1,000). */
  segments?: Record<
    string,
    { errors?: { log_e_harm?: number | null; p_value?: number }; upper?: number; units?: number }
  >;
  more?: Partial<Look>;
  bayesFactor?: number;
}

/** A look at the present allocation, undecided but for what the options say. */
export function lookAt(
  state: State,
  now: number,
  { ctr = [{}], errors = {}, segments, more = {}, bayesFactor = -1 }: LookOptions = {},
): Look {
  const { of: only, ...said } = errors;
  const nothing: GuardrailEvidence = {
    status: 'ok',
    margin: 0.05,
    z: 0,
    log_e_harm: -1,
    log_e_non_inferior: -1,
    harm: false,
    non_inferior: false,
    p_value: 0.5,
  };
  const treatments = ctr.map(({ variant = 'treatment' }) => variant);
  return {
    snapshot_id: `s${now}`,
    at: now,
    revision: state.revision,
    epoch: state.epoch,
    units: Object.fromEntries(['control', ...treatments].map((variant) => [variant, 1000])),
    evidence: {
      srm: { chi_square: 0, p_value: 1, log_bayes_factor: bayesFactor, alarm: false },
      metrics: [
        {
          metric_id: 'ctr',
          role: 'primary',
          kind: 'proportion',
          comparisons: ctr.map((comparison) => ({ ...undecided(), ...comparison })),
        },
        {
          metric_id: 'errors',
          role: 'guardrail',
          kind: 'error_rate',
          comparisons: treatments.map((variant) => ({
            ...undecided(variant),
            guardrail: { ...nothing, ...((only ?? variant) === variant && said) },
          })),
        },
      ],
      ...(segments && { segments: segmentEvidence(segments) }),
    },
    limits_at_full_alpha: [
      { metric_id: 'ctr', variant: 'treatment', relative_lower: -0.3, relative_upper: 0.3 },
    ],
    running_p: {},
    quantiles: {},
    crossed_over: 0,
    last_event_at: now,
    backlog_ms: 0,
    folded_until: now,
    stale_guardrails: [],
    silent_guardrails: [],
    flag_enabled: true,
    freezes: [],
    ...more,
  };
}

function segmentEvidence(segments: NonNullable<LookOptions['segments']>): SegmentEvidence[] {
  const variant = 'treatment';
  return Object.entries(segments).map(([segment, { errors = {}, upper = 0.1, units = 1_000 }]) => ({
    segment,
    guardrails: [{ metric_id: 'errors', variant, margin: 0.05, log_e_harm: -1, p_value: 0.5, ...errors }],
    primaries: [{ metric_id: 'ctr', variant, lower: -0.2, upper }],
    units: { control: units, treatment: units },
  }));
}

/** Inputs one after the other, each at its moment. */
export function live(
  plan: Plan,
  inputs: [number, Input | ((state: State) => Input)][],
  from: State = initialState(),
): State {
  return inputs.reduce(
    (state, [at, input]) =>
      step(plan, state, typeof input === 'function' ? input(state) : input, START + at).state,
    from,
  );
}

export const tick: Input = { kind: 'tick' };
export const published = (state: State): Input => ({ kind: 'published', revision: state.revision });
export const looked =
  (at: number, options?: LookOptions) =>
  (state: State): Input => ({ kind: 'looked', look: lookAt(state, START + at, options) });
export const command = (
  name: CommandName,
  variant?: string,
  more: Partial<Command> = {},
): Extract<Input, { kind: 'command' }> => ({
  kind: 'command',
  command: {
    command_id: `${name}-${variant ?? ''}`,
    name,
    actor: { type: 'person', id: 'alice' },
    reason: 'because',
    ...(variant !== undefined && { variant }),
    ...more,
  },
});

/** Ramping at the first step, published. */
export function ramping(plan: Plan): State {
  return live(plan, [
    [0, tick],
    [10, published],
  ]);
}

/** At full coverage, published. */
export function running(plan: Plan, ctr: Partial<Comparison>[] = [{}]): State {
  return live(
    plan,
    [
      [4 * SECOND, looked(4 * SECOND, { ctr })],
      [4 * SECOND, published],
      [10 * SECOND, looked(10 * SECOND, { ctr })],
      [10 * SECOND, published],
    ],
    ramping(plan),
  );
}

/** A moment at which the planned end is past, in ms after the start. */
export const HORIZON = 61 * SECOND;

/** A comparison that ships. */
export const good = {
  difference: 0.05,
  p_value: 0.0001,
  relative: { lift: 0.5, lower: 0.2, upper: 0.8, level: 0.96, bounded: true },
  sequence: { ...undecided().sequence, lower: 0.01, upper: 0.09, relative_lower: 0.1, p_value: 0.0001 },
  final: { z: 4, p_value: 0.0001, lower: 0.02, upper: 0.08, relative_lower: 0.2, relative_upper: 0.8 },
};

/** A plan with two treatments, and comparisons of both on its primary. */
export const THREE_ARMS: NonNullable<PlanOptions['arms']> = [
  ['control', 34],
  ['treatment', 33],
  ['b', 33],
];
export const both = (treatment: Partial<Comparison>, b: Partial<Comparison>): Partial<Comparison>[] => [
  { ...treatment, variant: 'treatment' },
  { ...b, variant: 'b' },
];

/** What is decided, by the row of which name, on a look at `at` ms after the start in the state that `make` makes. */
export function taken(
  make: (plan: Plan) => State,
  at: number,
  look: LookOptions = {},
  options: PlanOptions = {},
  change: Partial<State> = {},
) {
  const plan = planFor(options);
  const state = { ...make(plan), ...change };
  const { decision, holds, harmedArms } = decide(plan, state, lookAt(state, START + at, look), START + at);
  return {
    row: Object.entries(ROW).find(([, id]) => id === decision?.row)?.[0],
    decision: decision?.decision,
    codes: decision?.reasons.map(({ code }) => code),
    variant: decision?.variant,
    holds: holds.map((hold) => hold.code),
    harmedArms,
  };
}

/** What is decided at the horizon, where the fixed test is taken on a look with this primary. */
export function takenAtTheEnd(
  ctr: Partial<Comparison>,
  change: Partial<State> = {},
  options: PlanOptions = {},
): ReturnType<typeof taken> {
  const final_look = lookAt(running(planFor()), START + HORIZON, { ctr: [ctr] });
  return taken(running, HORIZON, {}, options, { final_look, ...change });
}
