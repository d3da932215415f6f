import type { Look } from '../lifecycle/look.js';
import { planOf, type Plan } from '../lifecycle/plan.js';
import { initialState, type DecisionRecord, type Outcome, type State } from '../lifecycle/state.js';
import { wakeAt } from '../lifecycle/schedule.js';
import { step, type Input } from '../lifecycle/step.js';
import { evidenceFor } from '../metrics/evidence-for.js';
import { KINDS } from '../metrics/kinds.js';
import type { Launch } from '../model/launch.js';
import { marginOf, policySchema, type Policy, type PolicyDocument } from '../model/policy.js';
import type { AnalyzeInput } from '../stats/input.js';

/** A recorded look: the sums that were measured, and when. */
export interface Recorded {
  at: number;
  input: AnalyzeInput;
  look: Look;
}

export interface Backtest {
  policy: { id: string; version: number };
  snapshots: number;
  /** What the policy would have decided, as far as the recorded snapshots reach. */
  decisions: Pick<DecisionRecord, 'n' | 'at' | 'row' | 'decision' | 'reasons' | 'variant'>[];
  outcome: Outcome | 'shipping' | 'undecided';
  winner: string | null;
  decided_at: number | null;
  caveats: string[];
}

/**
 * What another policy would have done with the recorded snapshots: the same `step` and `decide`, on evidence computed
 * anew under the policy's α and margins. The traffic stays as it was: a policy with another ramp would have measured
 * other numbers, and after its first final decision there are none.
 */
export function backtest(
  launch: Launch,
  policy_document: PolicyDocument,
  recorded: readonly Recorded[],
): Backtest {
  const looks = backtesting(launch, policy_document, recorded);
  for (;;) {
    const { done, value } = looks.next();
    if (done) return value;
  }
}

/** As `backtest`, look by look: each takes some milliseconds, and there may be thousands. */
export function* backtesting(
  launch: Launch,
  policy_document: PolicyDocument,
  recorded: readonly Recorded[],
): Generator<undefined, Backtest> {
  const policy = policySchema.parse(policy_document) as Policy;
  const planned_units = policy.planned_units ?? launch.planned_units;
  const plan = planUnder(launch, policy);
  const own = recorded.filter(({ look }) => look.epoch === 0).sort((a, b) => a.at - b.at);
  const decisions: DecisionRecord[] = [];
  let state: State = initialState();
  const take = (input: Input, at: number): void => {
    const result = step(plan, state, input, at);
    state = result.state;
    decisions.push(...result.decisions);
    if (state.published_revision < state.revision) take({ kind: 'published', revision: state.revision }, at);
  };
  const isLive = (): boolean => state.phase.state === 'ramping' || state.phase.state === 'running';
  take({ kind: 'tick' }, plan.start_at);
  for (const snapshot of own) {
    if (!isLive()) break;
    const { at } = snapshot;
    const due = wakeAt(plan, state);
    if (due !== null && due <= at) take({ kind: 'tick' }, at);
    take({ kind: 'looked', look: lookUnder(plan, planned_units, snapshot, state) }, at);
    yield;
  }
  const ended = !isLive();
  return {
    policy: { id: policy.policy_id, version: policy.version },
    snapshots: own.length,
    decisions: decisions.map(({ n, at, row, decision, reasons, variant }) => ({
      n,
      at,
      row,
      decision,
      reasons,
      ...(variant !== undefined && { variant }),
    })),
    outcome: outcomeOf(state, ended),
    winner: 'winner' in state.phase ? (state.phase.winner ?? null) : null,
    decided_at: ended ? (decisions.at(-1)?.at ?? null) : null,
    caveats: caveatsOf(launch, policy, ended),
  };
}

/** The plan of the launch under another policy. It waits for no slots of a layer. */
function planUnder({ layer: _, ...launch }: Launch, policy: Policy): Plan {
  const end_at = Math.min(launch.end_at, launch.start_at + policy.max_duration);
  return { ...planOf('backtest', { ...launch, policy }), end_at };
}

/** The recorded look as it would have been under the plan, at the allocation of `state`. */
function lookUnder(plan: Plan, planned_units: number, { input, look }: Recorded, state: State): Look {
  const { policy } = plan;
  const again: AnalyzeInput = {
    ...input,
    planned_units,
    alpha: { ...policy.alpha, guardrail: policy.guardrails.alpha },
    metrics: input.metrics.map((metric) =>
      metric.role === 'guardrail' ? { ...metric, margin: marginOf(policy, metric.metric_id) } : metric,
    ),
  };
  return {
    ...look,
    revision: state.revision,
    epoch: state.epoch,
    ...evidenceFor(plan, again, { bayes: false }),
  };
}

function outcomeOf({ phase }: State, ended: boolean): Backtest['outcome'] {
  if (phase.state === 'rolling_back' || phase.state === 'completed') return phase.outcome;
  return ended ? 'shipping' : 'undecided';
}

function caveatsOf(launch: Launch, policy: Policy, ended: boolean): string[] {
  const hasSameRamp = JSON.stringify(launch.policy.ramp) === JSON.stringify(policy.ramp);
  const hasOtherThreshold = launch.metrics.some(
    ({ role, metric }) =>
      role === 'guardrail' &&
      KINDS[metric.kind].guardrail === 'margin_in_sums' &&
      marginOf(launch.policy, metric.metric_id) !== marginOf(policy, metric.metric_id),
  );
  return [
    ...(hasSameRamp ? [] : ['the ramp differs: under this policy, other traffic would have been measured']),
    ...(hasOtherThreshold ? ['slow requests were counted against the margin of the policy that ran'] : []),
    ...(ended ? [] : ['the recorded snapshots end before this policy decides']),
  ];
}
