import { experimentSchema } from '../../src/model/experiment.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics, type MetricDocument } from '../../src/model/metric.js';
import { standardPolicy, type PolicyDocument } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import type { History } from '../../src/operations/find-history.js';
import { NO_HISTORY } from '../../src/operations/find-history.js';
import { launchOf } from '../../src/operations/freeze-launch.js';

export const NOW = 20_000 * DAY_MS;

/** A launch under the standard policy, with what is to be different. */
export function launchWith({
  definition = {},
  policy = {},
  history = {},
  metrics = [],
  holdouts = [],
}: {
  definition?: object;
  policy?: Partial<PolicyDocument>;
  history?: Partial<History>;
  metrics?: MetricDocument[];
  holdouts?: { holdout_id: string; share: number }[];
} = {}): Launch {
  return launchOf(
    {
      definition: experimentSchema.parse({
        experiment_id: 'e',
        variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
        success_metrics: { primary: ['click_through_rate'] },
        ...definition,
      }),
      salt: 's',
      flag_id: 'e',
      start: {},
      policy: { ...standardPolicy, ...policy },
      metrics: new Map([...builtInMetrics, ...metrics].map((metric) => [metric.metric_id, metric])),
      holdouts,
      history: { ...NO_HISTORY, ...history },
    },
    NOW,
  );
}
