import { RampartError, type FieldError } from '../errors.js';
import { flagOf, type ExperimentDefinition, type StartInput } from '../model/experiment.js';
import type { MetricDocument } from '../model/metric.js';
import type { Store } from '../store/store.js';
import { allMetrics, allPolicies } from './catalog.js';
import { flagErrors, referenceErrors } from './check-definition.js';
import { uncappedWarnings, type UncappedWarning } from './find-caps.js';
import { launchOf } from './freeze-launch.js';
import { launchOfDefinition, type PlannedLaunch } from './plan-ahead.js';
import { isUnder, readExperiment } from './readable-experiment.js';
import { uncomparedRollout, type UncomparedRollout } from './uncompared-rollout.js';
import { unseenGuardrails, type UnseenGuardrail } from './unseen-guardrails.js';

export type PlanWarning = UnseenGuardrail | UncappedWarning | UncomparedRollout;

/** All that is wrong with an experiment; where nothing is, what a start would freeze, and what may be in its way. */
export interface ValidatedExperiment {
  errors: FieldError[];
  planned: PlannedLaunch | null;
  warnings: PlanWarning[];
}

/** Checks what a creation and a start would check, all at once, and keeps nothing. */
export async function validateExperiment(
  store: Store,
  given: Record<string, unknown>,
  start: StartInput,
  now: number,
): Promise<ValidatedExperiment> {
  const { errors: own, definition, replaced } = readExperiment(given);
  if (definition === null) return { errors: own, planned: null, warnings: [] };
  const metrics = await allMetrics(store);
  const found = [
    ...(await existing(store, definition)),
    ...(await referenceErrors(store, definition)),
    ...(await flagErrors(store, definition)),
    ...(await flagInUse(store, definition)),
    ...(await planErrors(store, definition, metrics, start, now)),
  ];
  const errors = [...own, ...found.filter(({ path }) => !isUnder(path, replaced))];
  if (errors.length > 0) return { errors, planned: null, warnings: [] };
  const planned = await launchOfDefinition(store, definition, start, now);
  const warnings = [
    ...uncomparedRollout(planned.launch.policy_document),
    ...(await unseenGuardrails(store, planned.launch, now)),
    ...uncappedWarnings(planned.launch.caps ?? []),
  ];
  return { errors, planned, warnings };
}

async function existing(
  { experiments }: Pick<Store, 'experiments'>,
  { experiment_id }: ExperimentDefinition,
): Promise<FieldError[]> {
  if ((await experiments.placesOf([experiment_id])).length === 0) return [];
  const message = `${experiment_id} exists already: take another id`;
  return [{ path: 'experiment_id', code: 'already_exists', message }];
}

/** Experiments share a flag only within one layer. */
async function flagInUse(
  { experiments }: Pick<Store, 'experiments'>,
  definition: ExperimentDefinition,
): Promise<FieldError[]> {
  const { layer_id } = definition;
  const others = await experiments.underWayOnFlag(flagOf(definition));
  const other = others.find((one) => layer_id === undefined || one.definition.layer_id !== layer_id);
  if (!other) return [];
  const message = `experiment ${other._id} runs on this flag: wait until it ends, or put both in one layer`;
  return [{ path: 'flag_id', code: 'flag_in_use', message }];
}

/** What freezing would refuse: dates that do not suit the policy or a window. Metrics that do not exist have no window. */
async function planErrors(
  store: Store,
  { segments: _, ...definition }: ExperimentDefinition,
  known: ReadonlyMap<string, MetricDocument>,
  start: StartInput,
  now: number,
): Promise<FieldError[]> {
  const policy = (await allPolicies(store)).get(definition.policy_id);
  if (!policy) return [];
  const any = [...known.values()].find(({ window }) => window === undefined)!;
  const named = Object.values(definition.success_metrics).flat();
  const metrics = new Map(named.map((id) => [id, known.get(id) ?? any]));
  try {
    launchOf({ definition, salt: '', flag_id: flagOf(definition), start, policy, metrics }, now);
    return [];
  } catch (error) {
    return fieldErrorsIn(error, start.duration === undefined ? 'end_date' : 'start.duration');
  }
}

/** A refusal as errors of fields. @param path the field of a refusal that names none */
export function fieldErrorsIn(error: unknown, path = ''): FieldError[] {
  if (!(error instanceof RampartError)) throw error;
  const { errors } = error.members as { errors?: FieldError[] };
  return errors ?? [{ path, code: error.code, message: error.message }];
}
