import { planOf, type Plan } from '../../src/lifecycle/plan.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { policySchema, standardPolicy, type Policy, type PolicyDocument } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';

const START = 1_800_000_000_000;

/** A built-in metric and its role, as `error_rate:guardrail`. */
export type PlannedText = `${string}:${'primary' | 'secondary' | 'guardrail'}`;

/** A launch of 28 days under `standard` with some changes. */
export function launchOf(
  change: Partial<PolicyDocument>,
  metrics: readonly PlannedText[],
  arms: Launch['arms'] = [
    { variant: 'control', traffic: 50 },
    { variant: 'treatment', traffic: 50 },
  ],
  planned_units = 40_000,
): Launch {
  const policy_document = { ...standardPolicy, ...change } as PolicyDocument;
  return {
    engine_version: ENGINE_VERSION,
    requested_at: 0,
    start_at: START,
    end_at: START + 28 * DAY_MS,
    policy_document,
    policy: policySchema.parse(policy_document),
    metrics: metrics.map((text) => {
      const [id, role] = text.split(':') as [string, Launch['metrics'][number]['role']];
      return { role, metric: metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === id)) };
    }),
    control: 'control',
    arms,
    planned_units,
    flag_id: 'e',
    salt: 'e',
  };
}

/** A plan with so many guardrails of one treatment. */
export function planOfFamily(policy: Policy, guardrails: number): Plan {
  const plan = planOf('simulated', launchOf({}, []));
  const metrics = Array.from({ length: guardrails }, (_, n) => ({
    metric_id: `guardrail-${n}`,
    role: 'guardrail' as const,
    direction: 'decrease' as const,
  }));
  return { ...plan, policy, metrics };
}
