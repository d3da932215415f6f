import type { Look } from '../lifecycle/look.js';
import { planOf } from '../lifecycle/plan.js';
import type { DecisionRecord, Outcome, State } from '../lifecycle/state.js';
import { initialState, step, wakeAt, type Input } from '../lifecycle/step.js';
import { evidenceFor } from '../metrics/evidence-for.js';
import { KINDS } from '../metrics/kinds.js';
import type { Launch } from '../model/launch.js';
import { marginOf, policySchema, type Policy, type PolicyDocument } from '../model/policy.js';
import type { AnalyzeInput } from '../stats/input.js';

/** A recorded look: what was measured, and when. */
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
 * What another policy would have done on the recorded snapshots: the same `step` and `decide`, the sums analysed
 * anew under the policy's α and margins. The traffic is as it was: a policy that ramps otherwise would have seen
 * other numbers, and after its first ending decision there are none.
 */
export function backtest(
  launch: Launch,
  policy_document: PolicyDocument,
  recorded: readonly Recorded[],
): Backtest {
  const policy = policySchema.parse(policy_document) as Policy;
  const end_at = Math.min(launch.end_at, launch.start_at + policy.max_duration);
  const planned_units = policy.planned_units ?? launch.planned_units;
  const { layer: _, ...alone } = launch;
  const plan = { ...planOf('backtest', { ...alone, policy }), end_at };
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
  for (const one of own) {
    if (!isLive()) break;
    const due = wakeAt(plan, state);
    if (due !== null && due <= one.at) take({ kind: 'tick' }, one.at);
    take({ kind: 'looked', look: lookUnder(one, policy, planned_units, state) }, one.at);
  }
  const ended = !isLive();
  const { phase } = state;
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
    outcome:
      phase.state === 'rolling_back' || phase.state === 'completed'
        ? phase.outcome
        : ended
          ? 'shipping'
          : 'undecided',
    winner: 'winner' in phase ? (phase.winner ?? null) : null,
    decided_at: ended ? (decisions.at(-1)?.at ?? null) : null,
    caveats: caveatsOf(launch, policy, ended),
  };

  function lookUnder(
    { input, look }: Recorded,
    { alpha, guardrails }: Policy,
    units: number,
    now: State,
  ): Look {
    const again: AnalyzeInput = {
      ...input,
      planned_units: units,
      alpha: { ...alpha, guardrail: guardrails.alpha },
      metrics: input.metrics.map((metric) =>
        metric.role === 'guardrail' ? { ...metric, margin: marginOf(policy, metric.metric_id) } : metric,
      ),
    };
    return {
      ...look,
      revision: now.revision,
      epoch: now.epoch,
      ...evidenceFor(plan, again, { bayes: false }),
    };
  }
}

function caveatsOf(launch: Launch, policy: Policy, ended: boolean): string[] {
  const same = JSON.stringify(launch.policy.ramp) === JSON.stringify(policy.ramp);
  const quantile = launch.metrics.some(
    ({ role, metric }) =>
      role === 'guardrail' &&
      KINDS[metric.kind].guardrail === 'margin_in_sums' &&
      marginOf(launch.policy, metric.metric_id) !== marginOf(policy, metric.metric_id),
  );
  return [
    ...(same ? [] : ['the ramp differs: under this policy other traffic would have been measured']),
    ...(quantile ? ['slow requests were counted against the margin of the policy that ran'] : []),
    ...(ended ? [] : ['the recorded snapshots end before this policy decides']),
  ];
}
