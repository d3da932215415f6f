import { planOf } from '../../src/lifecycle/plan.js';
import { initialState } from '../../src/lifecycle/state.js';
import { publicationOf, viewOf, type Publication, type View } from '../../src/lifecycle/view.js';
import { experimentSchema, type ExperimentDefinition } from '../../src/model/experiment.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics, type MetricDocument } from '../../src/model/metric.js';
import { standardPolicy, type PolicyDocument } from '../../src/model/policy.js';
import { launchOf } from '../../src/operations/freeze-launch.js';

/** An experiment, with what its start writes into the store. */
export interface Launched {
  definition: ExperimentDefinition;
  launch: Launch;
  view: View;
  publication: Publication;
}

/** An experiment of two halves that was started, without any of the API: for stores that are furnished, and benches. */
export function launched(
  experiment_id: string,
  at: number,
  fields: object,
  policy: PolicyDocument = standardPolicy,
  defined: readonly MetricDocument[] = builtInMetrics,
): Launched {
  const definition = experimentSchema.parse({
    experiment_id,
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
    ...fields,
  });
  const metrics = new Map(defined.map((metric) => [metric.metric_id, metric]));
  const segments = new Map(
    (definition.segments ?? []).map((segment_id) => [segment_id, { segment_id, conditions: {} }]),
  );
  const launch = launchOf(
    { definition, salt: experiment_id, flag_id: experiment_id, start: {}, policy, metrics, segments },
    at,
  );
  const plan = planOf(experiment_id, launch);
  const state = initialState();
  return { definition, launch, view: viewOf(plan, state), publication: publicationOf(plan, state) };
}
