import { z } from 'zod';
import { experimentSchema, startSchema } from '../../src/model/experiment.js';
import { idSchema } from '../../src/model/id.js';
import {
  changeDraft,
  changedDefinition,
  createDraft,
  deleteDraft,
} from '../../src/operations/draft-experiment.js';
import { previewStart } from '../../src/operations/preview-start.js';
import { startExperiment } from '../../src/operations/start-experiment.js';
import { observedInstances, type ApiContext } from '../context.js';
import { notACursor, paging } from '../query.js';
import { ofExperiment, own, singleIn, together } from '../environments.js';
import { route, type Route } from '../route.js';
import { preview } from '../schemas/commands.js';
import * as answers from '../schemas/experiment.js';
import { experimentState, outcome } from '../schemas/lifecycle.js';
import { presentListed, presentNow } from './present-experiment.js';
import { presentPreview, previewQuery } from './present-preview.js';

const INCLUDABLE = ['summary', 'counts'] as const;

const included = z.string().transform((text, context) => {
  const names = text.split(',');
  const known = INCLUDABLE.filter((name) => names.includes(name));
  if (known.length === names.length) return known;
  context.addIssue({
    code: 'custom',
    message: 'must be summary, counts, or both with a comma between them',
    params: { code: 'invalid_value' },
  });
  return z.NEVER;
});

/** One call asks for so many by their ids. */
const MOST_IDS = 100;

const ids = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(idSchema).max(MOST_IDS, `must be ${MOST_IDS} ids at most`))
  .meta({ type: 'string', description: `Only these: at most ${MOST_IDS} ids, with commas between them.` });

const listQuery = z.strictObject({
  ...paging,
  ids: ids.optional(),
  state: experimentState.optional().describe('Only experiments in this state.'),
  ended: z
    .enum(['true', 'false'])
    .optional()
    .transform((given) => (given === undefined ? undefined : given === 'true'))
    .meta({
      type: 'string',
      enum: ['true', 'false'],
      description:
        '`true`: only experiments whose outcome is written down, the latest end first. `false`: the others.',
    }),
  tag: z.string().min(1).max(128).optional().describe('Only experiments with this tag.'),
  owner: z.string().min(1).max(200).optional().describe('Only experiments of this owner.'),
  layer_id: idSchema.optional().describe('Only experiments of this layer.'),
  outcome: outcome.optional().describe('Only experiments that ended so.'),
  q: z.string().min(1).max(200).optional().describe('Part of the id or the name, in any case.'),
  needs: z
    .literal('somebody')
    .optional()
    .describe('Only experiments that wait for approval, are held or paused, or have lost a process.'),
  include: included
    .optional()
    .transform((given) => new Set(given ?? []))
    .meta({ type: 'string', description: '`summary`, `counts`, or both with a comma between them.' }),
});

const path = '/v1/experiments/{experiment_id}';

/** Experiments as definitions, and their start. */
export function experimentRoutes(context: ApiContext): Route[] {
  return [...readRoutes(context), ...draftRoutes(context), copyRoute(context), startRoute(context)];
}

function readRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: '/v1/experiments',
      action: 'read',
      environments: own,
      tag: 'experiments',
      summary: 'Experiments, in the order of ids or of their ends; the parameters select',
      query: listQuery,
      replies: { 200: answers.experimentPage },
      async handle({ query: { limit, cursor, include, ...query }, caller: { environments } }) {
        if (query.ended === true && cursor !== undefined && !/^\d{1,15}:\d{1,9}$/.test(cursor))
          throw notACursor();
        const { experimentList } = store;
        const withSummary = include.has('summary');
        const page = await experimentList.page({ ...query, environments }, limit, cursor, withSummary);
        const instances = await observedInstances(context);
        const items = page.items.map((one) => presentListed(context, one, instances, withSummary));
        const counts = include.has('counts') ? { counts: await experimentList.counts(environments) } : {};
        return { status: 200, body: { items, next_cursor: page.next_cursor, ...counts } };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      environments: ofExperiment(store),
      tag: 'experiments',
      summary: 'One experiment',
      replies: { 200: answers.experiment },
      async handle({ params: { experiment_id } }) {
        const document = await store.experiments.named(experiment_id);
        return { status: 200, body: await presentNow(context, document) };
      },
    }),
  ];
}

function draftRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'post',
      path: '/v1/experiments',
      action: 'define',
      environments: ({ body }) => singleIn(body),
      tag: 'experiments',
      summary: 'Create an experiment as a draft',
      body: experimentSchema,
      replies: { 201: answers.experiment },
      async handle({ body, caller }) {
        const document = await createDraft(context, body, caller.key_id);
        const location = `/v1/experiments/${document._id}`;
        return { status: 201, body: await presentNow(context, document), location };
      },
    }),
    route({
      method: 'patch',
      path,
      action: 'define',
      async environments(call) {
        const before = await ofExperiment(store)(call);
        const isMoved = typeof call.body === 'object' && call.body !== null && 'environment' in call.body;
        return before && isMoved ? together(before, singleIn(call.body)) : before;
      },
      tag: 'experiments',
      summary: 'Change fields of a draft',
      body: z.record(z.string(), z.unknown()),
      replies: { 200: answers.experiment },
      async handle({ params: { experiment_id }, body, caller }) {
        const document = await store.experiments.named(experiment_id);
        const definition = changedDefinition(document, body);
        const changed = await changeDraft(context, document, definition, caller.key_id);
        return { status: 200, body: await presentNow(context, changed) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      environments: ofExperiment(store),
      tag: 'experiments',
      summary: 'Delete a draft',
      replies: { 204: null },
      async handle({ params: { experiment_id }, caller }) {
        const document = await store.experiments.named(experiment_id);
        await deleteDraft(context, document, caller.key_id);
        return { status: 204 };
      },
    }),
  ];
}

function copyRoute(context: ApiContext): Route {
  return route({
    method: 'post',
    path: `${path}/copy`,
    action: 'define',
    environments: ofExperiment(context.store),
    tag: 'experiments',
    summary: 'Make a draft of the same definition under another id',
    body: z.strictObject({ experiment_id: idSchema }),
    replies: { 201: answers.experiment },
    async handle({ params, body: { experiment_id }, caller }) {
      const { definition } = await context.store.experiments.named(params.experiment_id);
      const copy = await createDraft(context, { ...definition, experiment_id }, caller.key_id);
      const location = `/v1/experiments/${copy._id}`;
      return { status: 201, body: await presentNow(context, copy), location };
    },
  });
}

function startRoute(context: ApiContext): Route {
  const { store } = context;
  return route({
    method: 'post',
    path: `${path}/start`,
    action: 'command',
    environments: ofExperiment(store),
    tag: 'experiments',
    summary: 'Start a draft',
    query: previewQuery,
    body: startSchema,
    bodyOptional: true,
    replies: { 200: preview, 202: answers.startedExperiment },
    async handle({ params: { experiment_id }, query, body, caller }) {
      const document = await store.experiments.named(experiment_id);
      if (query.preview === 'true') {
        const tried = await previewStart(context, document, body, caller.key_id);
        return { status: 200, body: presentPreview(tried) };
      }
      const warnings = await startExperiment(context, document, body, caller.key_id);
      const started = await presentNow(context, await store.experiments.named(experiment_id));
      return { status: 202, body: { ...started, warnings } };
    },
  });
}
