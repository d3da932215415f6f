// A life of an experiment, and the certificates of its decisions.
import { certificateOf, type Certificate, type Measured } from '../../src/certificates/certificate.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { initialState, type DecisionRecord, type State } from '../../src/lifecycle/state.js';
import { step, type Input } from '../../src/lifecycle/step.js';
import { evidenceFor } from '../../src/metrics/evidence-for.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { demoPolicy, policySchema } from '../../src/model/policy.js';
import type { Recorded } from '../../src/rehearsal/backtest.js';
import { sha256 } from '../../src/secrets/sha256.js';
import type { AnalyzeInput } from '../../src/stats/input.js';

const START = 1_800_000_000_000;
const SECOND = 1_000;

export const launch: Launch = {
  engine_version: ENGINE_VERSION,
  requested_at: START,
  start_at: START,
  end_at: START + 60 * SECOND,
  policy_document: demoPolicy,
  policy: policySchema.parse(demoPolicy),
  metrics: (
    [
      ['click_through_rate', 'primary'],
      ['engagement_time', 'secondary'],
      ['error_rate', 'guardrail'],
    ] as const
  ).map(([id, role]) => ({
    role,
    metric: metricSchema.parse(builtInMetrics.find((metric) => metric.metric_id === id)),
  })),
  control: 'control',
  arms: [
    { variant: 'treatment', traffic: 50 },
    { variant: 'control', traffic: 50 },
  ],
  planned_units: 4_000,
  flag_id: 'e',
  salt: 'e',
};
export const plan = planOf('e', launch);

export function inputAt(seconds: number): AnalyzeInput {
  const n = 40 * seconds;
  return {
    control: 'control',
    allocation: { treatment: 500, control: 500 },
    planned_units: 4_000,
    alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
    metrics: [
      {
        metric_id: 'click_through_rate',
        role: 'primary',
        kind: 'proportion',
        direction: 'increase',
        arms: { treatment: { n, sum: Math.round(n * 0.3) }, control: { n, sum: Math.round(n * 0.2) } },
      },
      {
        metric_id: 'error_rate',
        role: 'guardrail',
        kind: 'error_rate',
        direction: 'decrease',
        margin: 0.05,
        arms: { treatment: { n, errors: 2 * seconds }, control: { n, errors: 2 * seconds } },
      },
    ],
  };
}

/** A life from the start to its winner: what was looked at, and what was decided. */
export function life(): {
  recorded: Recorded[];
  decisions: DecisionRecord[];
  measured: Map<string, Measured>;
} {
  let state: State = initialState();
  const recorded: Recorded[] = [];
  const decisions: DecisionRecord[] = [];
  const take = (input: Input, at: number): void => {
    const result = step(plan, state, input, at);
    state = result.state;
    decisions.push(...result.decisions);
    if (state.published_revision < state.revision) take({ kind: 'published', revision: state.revision }, at);
  };
  take({ kind: 'tick' }, START);
  for (let seconds = 1; state.phase.state !== 'rolling_out' && seconds < 60; seconds += 1) {
    const at = START + seconds * SECOND;
    const input = inputAt(seconds);
    const look = {
      snapshot_id: `e:${at}`,
      at,
      revision: state.revision,
      epoch: state.epoch,
      units: { treatment: 40 * seconds, control: 40 * seconds },
      ...evidenceFor(plan, input),
      running_p: {},
      quantiles: {},
      crossed_over: 0,
      last_event_at: at,
      backlog_ms: 0,
      folded_until: at,
      stale_guardrails: [],
      silent_guardrails: [],
      flag_enabled: true,
      freezes: [],
    };
    recorded.push({ at, input, look });
    take({ kind: 'looked', look }, at);
  }
  return { recorded, decisions, measured: new Map(recorded.map((entry) => [entry.look.snapshot_id, entry])) };
}

export function certified(): Certificate[] {
  const { decisions, measured } = life();
  const certificates: Certificate[] = [];
  for (const decision of decisions) {
    const certificate = certificateOf(
      {
        plan,
        policy: demoPolicy,
        decision,
        measured,
        previous_hash: certificates.at(-1)?.hash ?? null,
      },
      sha256,
    );
    // As they come out of a file.
    certificates.push(JSON.parse(JSON.stringify(certificate)) as Certificate);
  }
  return certificates;
}
