import { iso } from '../../src/iso.js';
import { controlOf } from '../../src/model/experiment.js';
import type { ObservedInstance } from '../../src/serving/liveness.js';
import type { Summary } from '../../src/lifecycle/summary.js';
import type { ExperimentDocument, ListedExperiment } from '../../src/store/experiment-document.js';
import { observedInstances, type ApiContext } from '../context.js';
import type { ExperimentAnswer, ListedAnswer } from '../schemas/experiment.js';
import { unservedOf } from '../unserved.js';

/** The read model as it stands in the store now. */
export async function presentNow(
  context: ApiContext,
  document: ExperimentDocument,
): Promise<ExperimentAnswer> {
  return presentExperiment(context, document, await observedInstances(context));
}

/** The read model of an experiment. */
export function presentExperiment(
  context: Pick<ApiContext, 'workflows' | 'refresher' | 'start_id'>,
  document: ListedExperiment,
  instances: readonly ObservedInstance[],
): ExperimentAnswer {
  const { definition, view, launch } = document;
  return {
    ...definition,
    control: controlOf(definition),
    flag_id: document.flag_id,
    state: document.state,
    step: view?.step ?? null,
    coverage: view?.coverage ?? 0,
    allocation: view?.allocation ?? {},
    holds: view?.holds ?? [],
    paused: view?.paused ?? null,
    outcome: view?.outcome ?? null,
    winner: view?.winner ?? null,
    deadlines: view?.deadlines ?? {},
    revision: view?.revision ?? 0,
    served: servedBy(document, instances),
    policy: launch
      ? { id: launch.policy.policy_id, version: launch.policy.version }
      : { id: definition.policy_id, version: null },
    workflow_id: context.workflows.idOf(document._id),
    ...(launch && {
      start_date: iso(launch.start_at),
      end_date: iso(launch.end_at),
      planned_units: launch.planned_units,
      traffic: launch.traffic ?? null,
      caps: launch.caps ?? [],
      prior_lifts: launch.prior_lifts ?? [],
    }),
    created_at: document.created_at,
    created_by: document.created_by,
    ended_at: document.settled_at === null ? null : iso(document.settled_at),
    ...unservedOf(context, instances, [`experiment:${document._id}`, `flag:${document.flag_id}`]),
  };
}

/** As `presentExperiment`, in a list; the summary is null before the first look. */
export function presentListed(
  context: Pick<ApiContext, 'workflows' | 'refresher' | 'start_id'>,
  document: ListedExperiment,
  instances: readonly ObservedInstance[],
  withSummary: boolean,
): ListedAnswer {
  const experiment = presentExperiment(context, document, instances);
  return withSummary ? { ...experiment, summary: presentSummary(document.summary) } : experiment;
}

function presentSummary(summary: Summary | undefined): NonNullable<ListedAnswer['summary']> | null {
  if (!summary) return null;
  return {
    ...summary,
    last_look_at: iso(summary.last_look_at),
    spark: summary.spark.map(({ at, units }) => ({ at: iso(at), units })),
  };
}

/** Which processes serve the newest publication. A lost one serves the control by itself once `until` has passed. */
function servedBy(
  { served_at, view, version }: ListedExperiment,
  instances: readonly ObservedInstance[],
): ExperimentAnswer['served'] {
  const live = instances.filter((instance) => instance.live);
  const lost = (view?.lost ?? []).filter(
    ({ instance_id, until }) =>
      until > Date.now() &&
      !live.some(
        (instance) => instance.instance_id === instance_id && instance.serving_revision >= served_at,
      ),
  );
  const at_revision = live.filter((instance) => instance.serving_revision >= served_at).length;
  return {
    live: live.length,
    at_revision,
    verified: version > 0 && at_revision === live.length && lost.length === 0,
    lost: lost.map(({ instance_id, until }) => ({ instance_id, until: iso(until) })),
  };
}
