import { metricSchema } from '../../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { policySchema, standardPolicy, type PolicyDocument } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';

/** A plan under `standard` but for `policy`. */
export function launch({
  mde = 0.2,
  planned_units = 20_000,
  arms = ['control', 'treatment'],
  metrics = ['click_through_rate:primary', 'error_rate:guardrail'],
  days = 28,
  policy = {},
} = {}): Launch {
  const policy_document = { ...standardPolicy, mde, ...policy } as PolicyDocument;
  return {
    engine_version: ENGINE_VERSION,
    requested_at: 0,
    start_at: 1_800_000_000_000,
    end_at: 1_800_000_000_000 + days * DAY_MS,
    policy_document,
    policy: policySchema.parse(policy_document),
    metrics: metrics.map((text) => {
      const [id, role] = text.split(':') as [string, Launch['metrics'][number]['role']];
      return { role, metric: metricSchema.parse(builtInMetrics.find((one) => one.metric_id === id)) };
    }),
    control: 'control',
    arms: arms.map((variant) => ({ variant, traffic: 100 / arms.length })),
    planned_units,
    flag_id: 'e',
    salt: 'e',
  };
}
