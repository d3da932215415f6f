import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RampartError } from '../../src/errors.js';
import { failure, validationFailed, type FieldError } from '../../src/errors.js';
import { historyOf } from '../../src/operations/find-baselines.js';
import { launchOf } from '../../src/operations/freeze-launch.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { initialState } from '../../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import {
  controlOf,
  experimentSchema,
  flagOf,
  startSchema,
  type ExperimentDefinition,
} from '../../src/model/experiment.js';
import { typeOf, kindOf } from '../../src/model/flag.js';
import { idSchema } from '../../src/model/id.js';
import type { Launch } from '../../src/model/launch.js';
import { METRIC_ROLES } from '../../src/model/metric.js';
import type { Rehearsal } from '../../src/rehearsal/rehearse.js';
import type { Baseline } from '../../src/metrics/kind.js';
import { rehearseApart } from '../../src/operations/rehearse-apart.js';
import type { ExperimentDocument } from '../../src/store/experiments.js';
import { fencesOver } from '../../src/store/serving.js';
import { authoriseEnvironment, type Caller } from '../auth.js';
import { audit, type ApiContext } from '../context.js';
import { paging, route, type Call, type Reply, type Route } from '../route.js';
import { parse } from '../../src/validation.js';
import { allMetrics, allPolicies } from './definitions.js';
import { presentExperiment } from './present.js';

/** @throws {RampartError} not_found */
export async function experimentNamed(
  { store }: ApiContext,
  id: string | undefined,
): Promise<ExperimentDocument> {
  const document = await store.experiments.get(id!);
  if (!document) throw failure('not_found', `no experiment ${id}`);
  return document;
}

/** The read model as it stands in the store now. */
export async function present(context: ApiContext, document: ExperimentDocument): Promise<object> {
  const instances = context.liveness.observe(await context.store.instances.all(), performance.now());
  return presentExperiment(document, instances);
}

/** Experiments as definitions, and their start. */
export function experimentRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/experiments/{experiment_id}';
  return [
    route({
      method: 'post',
      path: '/v1/experiments',
      action: 'define',
      summary: 'Create an experiment as a draft',
      body: experimentSchema,
      handle: ({ body, caller }) => create(context, body, caller),
    }),
    route({
      method: 'get',
      path: '/v1/experiments',
      action: 'read',
      summary: 'Experiments; `state` and `tag` select',
      async handle({ query }) {
        const { limit, cursor } = paging(query);
        const page = await store.experiments.page(
          { state: query['state'], tag: query['tag'] },
          limit,
          cursor,
        );
        const instances = context.liveness.observe(await store.instances.all(), performance.now());
        const items = page.items.map((one) => presentExperiment(one, instances));
        return { status: 200, body: { items, next_cursor: page.next_cursor } };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      summary: 'One experiment',
      async handle({ params }) {
        const document = await experimentNamed(context, params['experiment_id']);
        return { status: 200, body: await present(context, document) };
      },
    }),
    route({
      method: 'patch',
      path,
      action: 'define',
      summary: 'Change fields of a draft',
      body: z.record(z.string(), z.unknown()),
      async handle({ params, body, caller }) {
        const document = await experimentNamed(context, params['experiment_id']);
        const definition = parse(experimentSchema, { ...document.definition, ...body });
        if (definition.experiment_id !== document._id) {
          throw validationFailed([
            { path: 'experiment_id', code: 'invalid_value', message: 'can not be changed' },
          ]);
        }
        authoriseEnvironment(caller, definition.environment);
        await assertRunnable(context, definition);
        if (!(await store.experiments.changeDraft(document._id, definition))) throw notDraft(document);
        await audit(context, caller, 'experiment.update', ['experiment', document._id], {
          before: document.definition,
          after: definition,
        });
        return { status: 200, body: await present(context, await experimentNamed(context, document._id)) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      summary: 'Delete a draft',
      async handle({ params, caller }) {
        const document = await experimentNamed(context, params['experiment_id']);
        authoriseEnvironment(caller, document.definition.environment);
        if (!(await store.experiments.deleteDraft(document._id))) throw notDraft(document);
        await audit(context, caller, 'experiment.delete', ['experiment', document._id], {
          before: document.definition,
        });
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: `${path}/copy`,
      action: 'define',
      summary: 'Make a draft of the same definition under another id',
      body: z.strictObject({ experiment_id: idSchema }),
      async handle({ params, body, caller }) {
        const { definition } = await experimentNamed(context, params['experiment_id']);
        return create(context, { ...definition, experiment_id: body.experiment_id }, caller);
      },
    }),
    route({
      method: 'post',
      path: `${path}/start`,
      action: 'command',
      summary: 'Start a draft',
      body: startSchema,
      bodyOptional: true,
      handle: (call) => start(context, call),
    }),
  ];
}

function notDraft({ _id, state }: ExperimentDocument): RampartError {
  return failure(
    'experiment_not_draft',
    `experiment ${_id} is ${state}: only a draft can be changed; copy it instead`,
  );
}

async function create(context: ApiContext, definition: ExperimentDefinition, caller: Caller): Promise<Reply> {
  authoriseEnvironment(caller, definition.environment);
  await assertRunnable(context, definition);
  const document = await context.store.experiments.create(
    definition,
    definition.experiment_id,
    caller.key_id,
  );
  await context.store.experiments.record(document._id, [
    [
      'created',
      {
        at: Date.parse(document.created_at),
        kind: 'created',
        actor: { type: 'person', id: caller.key_id },
        revision: 0,
      },
    ],
  ]);
  await audit(context, caller, 'experiment.create', ['experiment', document._id], { after: definition });
  return { status: 201, body: await present(context, document), location: `/v1/experiments/${document._id}` };
}

/** Everything that a definition names must exist and fit. @throws {RampartError} naming every wrong field */
async function assertRunnable(context: ApiContext, definition: ExperimentDefinition): Promise<void> {
  const errors: FieldError[] = [];
  const metrics = await allMetrics(context);
  for (const role of METRIC_ROLES) {
    definition.success_metrics[role].forEach((metric_id, index) => {
      if (metrics.has(metric_id)) return;
      const message = `${metric_id} is not a metric; known are ${[...metrics.keys()].sort().join(', ')}`;
      errors.push({ path: `success_metrics.${role}.${index}`, code: 'unknown_metric', message });
    });
  }
  const policies = await allPolicies(context);
  if (!policies.has(definition.policy_id)) {
    const message = `${definition.policy_id} is not a policy; known are ${[...policies.keys()].sort().join(', ')}`;
    errors.push({ path: 'policy_id', code: 'unknown_policy', message });
  }
  const { layer_id } = definition;
  if (layer_id !== undefined && !(await context.store.layers.get(layer_id))) {
    const message = `no layer ${layer_id}: create it first, or leave this out`;
    errors.push({ path: 'layer_id', code: 'unknown_layer', message });
  }
  if (errors.length > 0) throw validationFailed(errors);
  await assertFlagFits(context, definition);
}

async function assertFlagFits({ store }: ApiContext, definition: ExperimentDefinition): Promise<void> {
  const flag = (await store.flags.get(flagOf(definition)))?.definition;
  if (!flag) {
    if (definition.flag_id === undefined) return;
    throw validationFailed([
      {
        path: 'flag_id',
        code: 'unknown_flag',
        message: `no flag ${definition.flag_id}: create it first, or leave this out`,
      },
    ]);
  }
  const kind = kindOf(flag);
  const errors = Object.entries(definition.variants).flatMap(([name, { config }]): FieldError[] => {
    if (name === controlOf(definition) && config === undefined) return [];
    const wanted = kind === 'boolean' ? 'boolean' : flag.value_type;
    const path = `variants.${name}.config`;
    if (config === undefined) {
      if (kind === 'multivariate' && flag.variants?.[name]) return [];
      return [{ path, code: 'type_mismatch', message: `flag ${flag.flag_id} needs a value for ${name}` }];
    }
    if (wanted === undefined || typeOf(config) === wanted) return [];
    return [
      { path, code: 'type_mismatch', message: `must be of type ${wanted}, as flag ${flag.flag_id} is` },
    ];
  });
  if (errors.length > 0) throw validationFailed(errors, 'type_mismatch');
}

/** Freezes the definition by one compare-and-set, then starts the workflow with only the id. */
async function start(
  context: ApiContext,
  { params, body, caller }: Call<z.output<typeof startSchema>>,
): Promise<Reply> {
  const { store, workflows, refresher, logger } = context;
  const document = await experimentNamed(context, params['experiment_id']);
  const { _id: id, definition } = document;
  authoriseEnvironment(caller, definition.environment);
  const alreadyStarted = failure('already_started', `experiment ${id} was started already`);
  if (document.state !== 'draft') throw alreadyStarted;
  await assertRunnable(context, definition);
  const other = (await store.experiments.underWayOnFlag(document.flag_id)).find(
    (one) => definition.layer_id === undefined || one.definition.layer_id !== definition.layer_id,
  );
  if (other)
    throw failure(
      'flag_in_use',
      `experiment ${other._id} runs on flag ${document.flag_id}: wait until it ends, or put both in one layer`,
    );
  const history = await historyOf(store, Object.values(definition.success_metrics).flat());
  const launch = launchOf(
    {
      history,
      definition,
      salt: document.salt,
      flag_id: document.flag_id,
      start: body,
      policy: (await allPolicies(context)).get(definition.policy_id)!,
      metrics: await allMetrics(context),
      holdouts: (await store.holdouts.all()).map((one) => one.definition),
    },
    Date.now(),
  );
  const plan = planOf(id, launch);
  const state = initialState();
  if (!(await store.experiments.launch(id, launch, viewOf(plan, state), publicationOf(plan, state))))
    throw alreadyStarted;
  const actor = { type: 'person' as const, id: caller.key_id };
  await store.experiments.record(id, [
    [
      'started',
      {
        at: launch.requested_at,
        kind: 'started',
        actor,
        revision: 0,
        from: 'draft',
        to: 'scheduled',
      },
    ],
  ]);
  await audit(context, caller, 'experiment.start', ['experiment', id], { after: body });
  await store.serving.changed(`experiment:${id}`);
  await refresher.refresh();
  // Temporal may be away: the experiment is started all the same, and reconciliation brings its workflow.
  await workflows
    .start(id)
    .catch((error: unknown) => logger.warn({ err: error, experiment_id: id }, 'workflow not started yet'));
  const fences = await store.serving.fences();
  for (const fence of fencesOver(fences, id)) await workflows.fence(id, fence).catch(() => undefined);
  const warnings = await rehearsed(context, id, launch, history);
  return {
    status: 202,
    body: { ...(await present(context, await experimentNamed(context, id))), warnings },
  };
}

/** A rehearsal that takes longer than this is told by the timeline alone. */
const REHEARSAL_MS = 5_000;
const REHEARSAL_RUNS = 100;

/** What a rehearsal of the started plan warns of; it is under way already, and told before anybody wonders. */
async function rehearsed(
  { store, logger }: ApiContext,
  id: string,
  launch: Launch,
  baselines: Record<string, Baseline>,
): Promise<Rehearsal['warnings']> {
  const told = rehearseApart(launch, { runs: REHEARSAL_RUNS, scenarios: ['effect'], baselines })
    .then(async ({ warnings }) => {
      for (const { code, text } of warnings) {
        await store.experiments.record(id, [
          [
            `rehearsal:${code}`,
            {
              at: Date.now(),
              kind: 'note',
              actor: { type: 'engine', id: 'rampart' },
              revision: 0,
              reason: text,
              data: { code },
            },
          ],
        ]);
      }
      return warnings;
    })
    .catch((error: unknown) => {
      logger.error({ err: error, experiment_id: id }, 'the rehearsal failed');
      return [];
    });
  return Promise.race([told, sleep(REHEARSAL_MS, [], { ref: false })]);
}
