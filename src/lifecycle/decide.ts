import type { Comparison } from '../stats/evidence.js';
import { holm } from '../stats/multiplicity.js';
import { holdsOf, SUSPECT_P } from './holds.js';
import { endOf, remaining } from './dwell.js';
import type { Look } from './look.js';
import { metricsOf, treatmentsOf, type Plan, type PlannedMetric } from './plan.js';
import type { Circumstances, Decision, Hold, Reason, State, UsedEvidence } from './state.js';

export interface Verdict {
  /** Every hold condition that is met now. */
  holds: Hold[];
  /** The first row that matches; null where this look says nothing about the present allocation. */
  decision: Decision | null;
  /** Treatments that rows 2 and 3 condemn while others stand: they are dropped, the experiment goes on. */
  condemned: string[];
}

/** A primary must have this many units in each arm before harm on it ends the experiment. */
const UNITS_FOR_HARM = 100;
/** A lift that changes from one day's newcomers to the next is no lift to ship: |z| beyond this blocks it. */
const NOVELTY_Z = 2.58;

/** The part of the state that decisions read. */
export type DecisionState = Omit<Circumstances, 'final_snapshot_id'> & Pick<State, 'final_look'>;

interface Case {
  plan: Plan;
  state: DecisionState;
  look: Look;
  now: number;
  holds: Hold[];
  treatments: string[];
  atHorizon: boolean;
  started: number;
}

interface Harm {
  variant: string;
  reason: Reason;
}

type Row = (c: Case) => Decision | null;

/**
 * The decision table of docs/architecture.md: collects the holds, then takes the first row that matches.
 * Row 1 (stops) is a person's and lives in the commands. Pure and total.
 */
export function decide(plan: Plan, state: DecisionState, look: Look, now: number): Verdict {
  const holds = holdsOf(plan, state, look, now);
  const c: Case = {
    plan,
    state,
    look,
    now,
    holds,
    treatments: treatmentsOf(plan).filter((variant) => !state.dropped.includes(variant)),
    atHorizon: now >= endOf(plan, state) || state.sample_complete_at !== null,
    started: plan.start_at,
  };
  if (look.epoch !== state.epoch) return { holds, decision: null, condemned: [] };

  for (const [row, harms] of [
    [2, guardrailHarms(c)],
    [3, primaryHarms(c)],
  ] as const) {
    const condemned = [...new Set(harms.map((harm) => harm.variant))];
    if (condemned.length === 0) continue;
    const reasons = harms.map((harm) => harm.reason);
    if (c.treatments.every((variant) => condemned.includes(variant))) {
      return { holds, decision: { row, decision: 'roll_back', reasons }, condemned: [] };
    }
    return { holds, decision: { row, decision: 'continue', reasons }, condemned };
  }

  const { state: phase } = state.phase;
  if (phase === 'awaiting_approval') return { holds, decision: row5(c), condemned: [] };
  if ((phase !== 'ramping' && phase !== 'running') || look.revision !== state.revision) {
    return { holds, decision: null, condemned: [] };
  }
  for (const row of ROWS) {
    const decision = row(c);
    if (decision) return { holds, decision, condemned: [] };
  }
  return { holds, decision: row15(c), condemned: [] };
}

function decision(
  row: number,
  kind: Decision['decision'],
  code: string,
  text: string,
  evidence: UsedEvidence[] = [],
): Decision {
  return { row, decision: kind, reasons: [{ code, text, ...(evidence.length > 0 && { evidence }) }] };
}

function comparison(look: Look, metric_id: string, variant: string): Comparison | undefined {
  return look.evidence.metrics
    .find((metric) => metric.metric_id === metric_id)
    ?.comparisons.find((one) => one.variant === variant);
}

/** The value as a gain: positive is what the metric's direction wants. */
function gain(metric: PlannedMetric, value: number): number {
  return metric.direction === 'increase' ? value : -value;
}

/** The interval (lower, upper) as gains, open where a limit is missing. */
function gains(metric: PlannedMetric, lower: number | null, upper: number | null): [number, number] {
  const low = lower ?? -Infinity;
  const high = upper ?? Infinity;
  return metric.direction === 'increase' ? [low, high] : [-high, -low];
}

/** ln of the e-value that proves harm: G / α, G = guardrails × treatments as at launch. */
export function harmThreshold(plan: Plan): number {
  const family = Math.max(1, metricsOf(plan, 'guardrail').length * treatmentsOf(plan).length);
  return Math.log(family / plan.policy.guardrails.alpha);
}

function guardrailHarms({ plan, look, treatments }: Case): Harm[] {
  const threshold = harmThreshold(plan);
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) =>
    treatments.flatMap((variant) => {
      const guardrail = comparison(look, metric_id, variant)?.guardrail;
      if (!guardrail || guardrail.log_e_harm === null || guardrail.log_e_harm < threshold) return [];
      return [
        {
          variant,
          reason: {
            code: 'guardrail_harm',
            text:
              `${metric_id} of ${variant} is worse than its margin of ${percent(guardrail.margin)}: ` +
              `e-value ${number(Math.exp(Math.min(guardrail.log_e_harm, 300)))}, harm is proven at ${number(Math.exp(threshold))}`,
            evidence: [
              {
                quantity: 'guardrail.log_e_harm',
                metric_id,
                variant,
                value: guardrail.log_e_harm,
                threshold,
              },
            ],
          },
        },
      ];
    }),
  );
}

function primaryHarms({ plan, look, treatments }: Case): Harm[] {
  return metricsOf(plan, 'primary').flatMap((metric) =>
    treatments.flatMap((variant) => {
      const units = Math.min(look.units[plan.control] ?? 0, look.units[variant] ?? 0);
      const sequence = comparison(look, metric.metric_id, variant)?.sequence;
      if (!sequence || units < UNITS_FOR_HARM) return [];
      const [, best] = gains(metric, sequence.lower, sequence.upper);
      if (best >= 0) return [];
      return [
        {
          variant,
          reason: {
            code: 'primary_harm',
            text: `${metric.metric_id} of ${variant} is worse than the control at every value its confidence sequence allows`,
            evidence: [
              metric.direction === 'increase'
                ? {
                    quantity: 'sequence.upper',
                    metric_id: metric.metric_id,
                    variant,
                    value: sequence.upper,
                    threshold: 0,
                  }
                : {
                    quantity: 'sequence.lower',
                    metric_id: metric.metric_id,
                    variant,
                    value: sequence.lower,
                    threshold: 0,
                  },
            ],
          },
        },
      ];
    }),
  );
}

/** An SRM or crossover hold that outlived its grace, or stands at the horizon: the data cannot be trusted. */
function row4({ plan, holds, atHorizon, look, now }: Case): Decision | null {
  const broken = holds.find((hold) => hold.code === 'srm' || hold.code === 'crossover');
  if (!broken || (!atHorizon && now - broken.since <= plan.policy.srm.grace)) return null;
  return decision(
    4,
    'inconclusive',
    broken.code,
    `${broken.detail ?? broken.code}: these data cannot be trusted`,
    broken.code === 'srm'
      ? [
          {
            quantity: 'srm.log_bayes_factor',
            value: look.evidence.srm.log_bayes_factor,
            threshold: Math.log(plan.policy.srm.alarm_bayes_factor),
          },
        ]
      : [],
  );
}

function row5({ plan, started, now }: Case): Decision | null {
  if (now < started + plan.policy.max_duration + plan.policy.approval_timeout) return null;
  return decision(
    5,
    'inconclusive',
    'max_duration',
    'the longest duration and the time for approval are over',
  );
}

function row6({ plan, state, holds, atHorizon, look, treatments, now }: Case): Decision | null {
  const { phase } = state;
  if (phase.state !== 'ramping' || atHorizon || holds.length > 0 || state.paused) return null;
  if (remaining(phase.dwell, now) > 0) return null;
  const step = plan.policy.ramp[phase.step]!;
  const fewest = Math.min(...[plan.control, ...treatments].map((variant) => look.units[variant] ?? 0));
  if (step.min_units !== undefined && fewest < step.min_units) return null;
  if (step.exclude_harm !== undefined && !excludesHarm(plan, look, treatments, step.exclude_harm))
    return null;
  const next = plan.policy.ramp[phase.step + 1]!;
  if (step.approval && phase.answer !== 'approved') {
    return decision(
      6,
      'hold',
      'approval',
      `step ${phase.step + 1} is done, on to ${next.coverage} % once somebody agrees`,
    );
  }
  return decision(
    6,
    'advance',
    'step_done',
    `step ${phase.step + 1} is done, on to ${next.coverage} % coverage`,
  );
}

/** Whether every guardrail's interval excludes a harm of `size` (relative) in every treatment. */
function excludesHarm(plan: Plan, look: Look, treatments: string[], size: number): boolean {
  return metricsOf(plan, 'guardrail').every((metric) =>
    treatments.every((variant) => {
      const relative = comparison(look, metric.metric_id, variant)?.relative;
      return !!relative && gains(metric, relative.lower, relative.upper)[0] > -size;
    }),
  );
}

function row7({ plan, state, atHorizon, started, now }: Case): Decision | null {
  if (atHorizon) return null;
  if (state.phase.state === 'ramping') return decision(7, 'continue', 'ramping', 'the ramp is under way');
  if (now >= started + plan.policy.min_duration) return null;
  return decision(7, 'continue', 'min_duration', 'the minimum duration is not over');
}

function row8({ plan, look, treatments, atHorizon }: Case): Decision | null {
  const wanted = plan.policy.min_units_per_variant;
  const short = [plan.control, ...treatments].filter((variant) => (look.units[variant] ?? 0) < wanted);
  if (short.length === 0) return null;
  const text = `fewer than ${wanted} units in ${short.join(', ')}`;
  const evidence = short.map((variant) => ({
    quantity: 'units',
    variant,
    value: look.units[variant] ?? 0,
    threshold: wanted,
  }));
  return decision(8, atHorizon ? 'inconclusive' : 'continue', 'too_few_units', text, evidence);
}

function row9({ plan, state, holds, atHorizon, now }: Case): Decision | null {
  const reasons = [
    ...holds.map((hold) => ({ code: hold.code, text: hold.detail ?? hold.lifts_when })),
    ...(state.paused ? [{ code: 'paused', text: `paused by ${state.paused.by}` }] : []),
  ];
  if (reasons.length === 0) return null;
  if (!atHorizon) return { row: 9, decision: 'continue', reasons };
  const waited = now - (state.sample_complete_at ?? endOf(plan, state));
  return { row: 9, decision: waited < plan.policy.max_hold ? 'hold' : 'inconclusive', reasons };
}

interface Test {
  metric: PlannedMetric;
  variant: string;
  p: number;
  /** Point estimate as a gain, and the lower limit of the gain in relative terms. */
  gain: number;
  lower: number;
}

/** Treatments whose primaries are good by the policy's rule, the best one first. */
function goodArms({ plan, treatments }: Case, tests: Test[], alpha: number): string[] {
  const family = metricsOf(plan, 'primary').length * treatmentsOf(plan).length;
  const rejected = rejectedTests(tests, alpha, family);
  const good = treatments.filter((variant) => {
    const own = tests.filter((test) => test.variant === variant);
    if (own.some((test) => test.gain < 0 && test.p <= alpha)) return false;
    return plan.policy.primary === 'any'
      ? own.some((test) => test.gain > 0 && rejected.has(test))
      : allGood(plan, own, alpha);
  });
  const first = metricsOf(plan, 'primary')[0]!.metric_id;
  const limit = (variant: string): number =>
    tests.find((test) => test.variant === variant && test.metric.metric_id === first)!.lower;
  return good.sort((a, b) => limit(b) - limit(a));
}

/** Every primary at full α; with several treatments their family shares it. */
function allGood(plan: Plan, own: Test[], alpha: number): boolean {
  return own.every((test) => test.gain > 0 && test.p <= alpha / treatmentsOf(plan).length);
}

/** Holm over the whole family of the launch: tests of dropped arms still count, as never rejected. */
function rejectedTests(tests: Test[], alpha: number, family: number): Set<Test> {
  const p = [...tests.map((test) => test.p), ...Array<number>(family - tests.length).fill(1)];
  const reject = holm(p, alpha);
  return new Set(tests.filter((_, index) => reject[index]));
}

function testsOf(
  c: Case,
  look: Look,
  read: (one: Comparison) => { p: number | null; lower: number | null; upper: number | null },
): Test[] {
  return metricsOf(c.plan, 'primary').flatMap((metric) =>
    c.treatments.map((variant) => {
      const one = comparison(look, metric.metric_id, variant);
      const { p, lower, upper } = one ? read(one) : { p: null, lower: null, upper: null };
      return {
        metric,
        variant,
        p: p ?? 1,
        gain: gain(metric, one?.difference ?? 0),
        lower: gains(metric, lower, upper)[0],
      };
    }),
  );
}

const bySequence = ({ sequence }: Comparison) => ({
  p: sequence.p_value,
  lower: sequence.relative_lower,
  upper: sequence.relative_upper,
});
const byFixedTest = ({ p_value, relative }: Comparison) => ({
  p: p_value,
  lower: relative.lower,
  upper: relative.upper,
});

/** Why a treatment may not ship, by its guardrails; empty where it may. */
function unfit({ plan }: Case, look: Look, variant: string): Reason[] {
  const threshold = harmThreshold(plan);
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) => {
    const guardrail = comparison(look, metric_id, variant)?.guardrail;
    if (plan.policy.guardrails.to_ship === 'non_inferior') {
      return guardrail?.non_inferior
        ? []
        : [{ code: 'not_proven_safe', text: `${metric_id} is not proven to be within its margin` }];
    }
    const harmful = guardrail && (guardrail.log_e_harm ?? -Infinity) >= threshold;
    const suspect = guardrail && guardrail.p_value !== null && guardrail.p_value < SUSPECT_P;
    return harmful || suspect
      ? [{ code: 'guardrail_suspect', text: `${metric_id} looks worse than its margin` }]
      : [];
  });
}

/** Primaries whose lift changes with the day of first exposure: what is seen now may not last. */
function novelties({ plan }: Case, look: Look, variant: string): Reason[] {
  return metricsOf(plan, 'primary').flatMap(({ metric_id }) => {
    const novelty = comparison(look, metric_id, variant)?.novelty;
    if (!novelty || Math.abs(novelty.z) <= NOVELTY_Z) return [];
    const text = `the effect of ${variant} on ${metric_id} changes from day to day (z ${number(novelty.z)} over ${novelty.days} days)`;
    return [{ code: 'novelty', text }];
  });
}

function winner(row: number, c: Case, look: Look, tests: Test[], alpha: number): Decision | null {
  const best = goodArms(c, tests, alpha).find(
    (variant) => unfit(c, look, variant).length === 0 && novelties(c, look, variant).length === 0,
  );
  if (best === undefined) return null;
  const reasons = tests
    .filter((test) => test.variant === best)
    .map((test) => ({
      code: 'primary',
      text: `${test.metric.metric_id} of ${best}: ${liftText(look, test)}, p ${number(test.p)}`,
      evidence: [usedTest(row, test, alpha)],
    }));
  const silent = look.silent_guardrails.map((metric_id) => ({
    code: 'guardrail_without_data',
    text: `${metric_id} had no data and could not object`,
  }));
  return {
    row,
    decision: 'winner',
    variant: best,
    reasons: [...reasons, ...hiddenHarms(c, look, best), ...silent],
  };
}

/** The p-value that a row tested; Holm divides `threshold` further among the family. */
function usedTest(row: number, { metric, variant, p }: Test, threshold: number): UsedEvidence {
  const quantity = row === 10 ? 'sequence.p_value' : 'p_value';
  return { quantity, metric_id: metric.metric_id, variant, value: p, threshold };
}

/** Under `no_harm`: how large a harm each guardrail's data could have hidden. */
function hiddenHarms({ plan }: Case, look: Look, variant: string): Reason[] {
  if (plan.policy.guardrails.to_ship !== 'no_harm') return [];
  return metricsOf(plan, 'guardrail').flatMap((metric): Reason[] => {
    const { metric_id } = metric;
    const one = comparison(look, metric_id, variant);
    if (!one?.guardrail) return [];
    const [worst] = gains(metric, one.relative.lower, one.relative.upper);
    const { margin } = one.guardrail;
    const evidence = [
      {
        quantity: 'relative harm not excluded',
        metric_id,
        variant,
        value: finite(-worst),
        threshold: margin,
      },
    ];
    const text = !Number.isFinite(worst)
      ? `${metric_id}: no size of harm is excluded by its data yet`
      : worst >= 0
        ? `${metric_id}: any harm is excluded`
        : `${metric_id}: harm of up to ${percent(-worst)} is not excluded, its margin is ${percent(margin)}`;
    return [{ code: 'guardrail_limit', text, evidence }];
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function liftText(look: Look, { metric, variant }: Test): string {
  const lift = comparison(look, metric.metric_id, variant)?.relative.lift;
  return lift === null || lift === undefined ? 'no relative lift' : `lift ${percent(lift)}`;
}

function row10(c: Case): Decision | null {
  return winner(10, c, c.look, testsOf(c, c.look, bySequence), c.plan.policy.alpha.interim);
}

function row11(c: Case): Decision | null {
  const hopeless = metricsOf(c.plan, 'primary').every((metric) =>
    c.treatments.every((variant) => {
      const wide = c.look.wide.find((one) => one.metric_id === metric.metric_id && one.variant === variant);
      return !!wide && gains(metric, wide.relative_lower, wide.relative_upper)[1] < c.plan.policy.mde;
    }),
  );
  if (!hopeless) return null;
  return decision(
    11,
    'no_effect',
    'below_mde',
    `no primary can still reach a lift of ${percent(c.plan.policy.mde)}`,
    c.look.wide
      .filter(({ variant }) => c.treatments.includes(variant))
      .map(({ metric_id, variant, relative_lower, relative_upper }) => {
        const isIncrease = metricsOf(c.plan, 'primary').some(
          (metric) => metric.metric_id === metric_id && metric.direction === 'increase',
        );
        return {
          quantity: isIncrease ? 'wide.relative_upper' : 'wide.relative_lower',
          metric_id,
          variant,
          value: isIncrease ? relative_upper : relative_lower,
          threshold: isIncrease ? c.plan.policy.mde : -c.plan.policy.mde,
        };
      }),
  );
}

/** Before the horizon go on; at it the fixed test waits until everything received before it is folded. */
function row12({ state, atHorizon }: Case): Decision | null {
  if (!atHorizon) return decision(12, 'continue', 'undecided', 'the evidence does not suffice yet');
  if (state.final_look) return null;
  return decision(12, 'continue', 'folding', 'waiting until all events before the horizon are folded');
}

function row13(c: Case): Decision | null {
  const look = c.state.final_look ?? c.look;
  const { final: alpha } = c.plan.policy.alpha;
  const tests = testsOf(c, look, byFixedTest);
  const rejected = rejectedTests(
    tests,
    alpha,
    metricsOf(c.plan, 'primary').length * treatmentsOf(c.plan).length,
  );
  const good = winner(13, c, look, tests, alpha);
  if (good) return good;
  const bad = [...rejected].filter((test) => test.gain < 0);
  if (!c.treatments.every((variant) => bad.some((test) => test.variant === variant))) return null;
  return {
    row: 13,
    decision: 'roll_back',
    reasons: bad.map((test) => ({
      code: 'primary_harm',
      text: `${test.metric.metric_id} of ${test.variant}: ${liftText(look, test)}, p ${number(test.p)}`,
      evidence: [usedTest(13, test, alpha)],
    })),
  };
}

function row14(c: Case): Decision | null {
  const look = c.state.final_look ?? c.look;
  const { mde } = c.plan.policy;
  const inside = metricsOf(c.plan, 'primary').every((metric) =>
    c.treatments.every((variant) => {
      const relative = comparison(look, metric.metric_id, variant)?.relative;
      return !!relative?.bounded && relative.lower! > -mde && relative.upper! < mde;
    }),
  );
  if (!inside) return null;
  const evidence = metricsOf(c.plan, 'primary').flatMap(({ metric_id }) =>
    c.treatments.flatMap((variant) => {
      const relative = comparison(look, metric_id, variant)!.relative;
      return [
        { quantity: 'relative.lower', metric_id, variant, value: relative.lower, threshold: -mde },
        { quantity: 'relative.upper', metric_id, variant, value: relative.upper, threshold: mde },
      ];
    }),
  );
  return decision(
    14,
    'no_effect',
    'inside_mde',
    `every primary's interval lies inside ±${percent(mde)}`,
    evidence,
  );
}

function row15(c: Case): Decision {
  const look = c.state.final_look ?? c.look;
  const blocked = c.treatments.flatMap((variant) => [
    ...unfit(c, look, variant),
    ...novelties(c, look, variant),
  ]);
  return {
    row: 15,
    decision: 'inconclusive',
    reasons: [{ code: 'inconclusive', text: 'at the horizon the evidence decides nothing' }, ...blocked],
  };
}

const ROWS: readonly Row[] = [row4, row5, row6, row7, row8, row9, row10, row11, row12, row13, row14];

function percent(value: number): string {
  return `${number(value * 100)} %`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
