import { propertiesOf, propertiesOfAll } from '../metrics/named-properties.js';
import { largestValues } from '../metrics/value-range.js';
import { controlOf } from '../model/experiment.js';
import { eventTypesOf } from '../model/metric.js';
import type { ServedExperiment } from '../model/serving.js';
import type { ExperimentDocument } from './experiment-document.js';

/** What serving needs of an experiment, without the marks of units. */
export type Unmarked = Omit<ServedExperiment, 'excluded' | 'overrides'>;

/** Of an experiment that was started. */
export function servedOf({
  _id,
  definition,
  launch,
  publication,
  salt,
  flag_id,
  settled_at,
}: ExperimentDocument): Unmarked {
  const { lease, ...served } = publication!;
  const { include, exclude } = definition.target_audience;
  return {
    experiment_id: _id,
    flag_id,
    salt,
    started_at: launch!.start_at,
    event_types: [...new Set(launch!.metrics.flatMap(({ metric }) => eventTypesOf(metric)))],
    value_limits: largestValues(launch!.metrics.map(({ metric }) => metric)),
    properties: propertiesOfAll(launch!.metrics.flatMap(({ metric }) => propertiesOf(metric))),
    control: controlOf(definition),
    variants: Object.entries(definition.variants).map(([name, { config }]) => ({
      name,
      config: config ?? null,
    })),
    ...(definition.environment !== undefined && { environment: definition.environment }),
    audience: { include, exclude },
    settled: settled_at !== null,
    ...(launch!.layer && { layer: { layer_id: launch!.layer.layer_id, slots: lease ?? [] } }),
    holdouts: launch!.holdouts ?? [],
    ...(launch!.segments && { segments: launch!.segments }),
    ...served,
  };
}
