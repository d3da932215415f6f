import { validationFailed, type FieldError } from '../errors.js';
import { controlOf, flagOf, type ExperimentDefinition } from '../model/experiment.js';
import { kindOf, typeOf } from '../model/flag.js';
import { METRIC_ROLES } from '../model/metric.js';
import type { Store } from '../store/store.js';
import { allMetrics, allPolicies } from './catalog.js';
import { definedSegments, segmentErrors } from './freeze-segments.js';

/** Everything that a definition names must exist and fit. @throws {RampartError} naming every wrong field */
export async function assertRunnable(store: Store, definition: ExperimentDefinition): Promise<void> {
  const errors = await referenceErrors(store, definition);
  if (errors.length > 0) throw validationFailed(errors);
  const unfit = await flagErrors(store, definition);
  if (unfit.length === 0) return;
  throw validationFailed(unfit, unfit[0]!.code === 'type_mismatch' ? 'type_mismatch' : 'validation_failed');
}

/** The metrics, the policy, the layer and the segments that a definition names and that do not exist. */
export async function referenceErrors(store: Store, definition: ExperimentDefinition): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  const metrics = await allMetrics(store);
  for (const role of METRIC_ROLES) {
    definition.success_metrics[role].forEach((metric_id, index) => {
      if (!metrics.has(metric_id)) errors.push(unknownMetric(role, index, metric_id, metrics));
    });
  }
  const policies = await allPolicies(store);
  if (!policies.has(definition.policy_id)) {
    const message = `${definition.policy_id} is not a policy; known are ${known(policies)}`;
    errors.push({ path: 'policy_id', code: 'unknown_policy', message });
  }
  const { layer_id } = definition;
  if (layer_id !== undefined && !(await store.layers.get(layer_id))) {
    const message = `no layer ${layer_id}: create it first, or leave this out`;
    errors.push({ path: 'layer_id', code: 'unknown_layer', message });
  }
  const segments = await definedSegments(store, definition.segments);
  return [...errors, ...segmentErrors(definition.segments, segments)];
}

/** The error of a metric that an experiment names and that does not exist. */
export function unknownMetric(
  role: string,
  index: number,
  metric_id: string,
  metrics: ReadonlyMap<string, unknown>,
): FieldError {
  return {
    path: `success_metrics.${role}.${index}`,
    code: 'unknown_metric',
    message: `${metric_id} is not a metric; known are ${known(metrics)}`,
  };
}

function known(definitions: ReadonlyMap<string, unknown>): string {
  return [...definitions.keys()].sort().join(', ');
}

/** Where the flag of a definition does not exist, or has no value for one of the variants. */
export async function flagErrors(
  { flags }: Pick<Store, 'flags'>,
  definition: ExperimentDefinition,
): Promise<FieldError[]> {
  const flag = (await flags.get(flagOf(definition)))?.definition;
  if (!flag) {
    const { flag_id } = definition;
    if (flag_id === undefined) return [];
    const message = `no flag ${flag_id}: create it first, or leave this out`;
    return [{ path: 'flag_id', code: 'unknown_flag', message }];
  }
  const kind = kindOf(flag);
  return Object.entries(definition.variants).flatMap(([name, { config }]): FieldError[] => {
    if (name === controlOf(definition) && config === undefined) return [];
    const wanted = kind === 'boolean' ? 'boolean' : flag.value_type;
    const path = `variants.${name}.config`;
    if (config === undefined) {
      if (kind === 'multivariate' && flag.variants?.[name]) return [];
      return [{ path, code: 'type_mismatch', message: `flag ${flag.flag_id} needs a value for ${name}` }];
    }
    if (wanted === undefined || typeOf(config) === wanted) return [];
    const message = `must be of type ${wanted}, as flag ${flag.flag_id} is`;
    return [{ path, code: 'type_mismatch', message }];
  });
}
