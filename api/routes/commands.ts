import { z } from 'zod';
import type { CommandName } from '../../src/lifecycle/commands.js';
import { nameSchema, reasonSchema } from '../../src/model/id.js';
import { percentSchema } from '../../src/model/percent.js';
import { iso } from '../../src/iso.js';
import { timeSchema } from '../../src/model/time.js';
import { deliverCommand, previewCommand, type CommandInput } from '../../src/operations/deliver-command.js';
import type { CommandDocument } from '../../src/store/commands.js';
import type { ApiContext } from '../context.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/commands.js';
import { experiment } from '../schemas/experiment.js';
import { found } from './found.js';
import { presentNow } from './present-experiment.js';
import { presentPreview, previewQuery } from './present-preview.js';

const optional = z.strictObject({ reason: reasonSchema.optional() });
const required = z.strictObject({ reason: reasonSchema });

/** Bodies of the commands; where the reason is optional, so is the body. */
const COMMANDS: Record<
  CommandName,
  { body: z.ZodType<Omit<CommandInput, 'name'>, unknown>; summary: string }
> = {
  pause: { body: optional, summary: 'Stop progress; traffic stays as it is' },
  resume: { body: optional, summary: 'Go on after a pause' },
  advance: { body: optional, summary: 'Take the next ramp step now' },
  ramp: {
    body: z.strictObject({
      coverage: percentSchema(0.01, 100),
      reason: reasonSchema.optional(),
    }),
    summary: 'Enrol more units, or withdraw down to the end of an earlier step; the answer has the coverage',
  },
  drop: {
    body: z.strictObject({ variant: nameSchema, reason: reasonSchema }),
    summary: 'Take a treatment out; its units get the control',
  },
  close: { body: optional, summary: 'Close enrolment; enrolled units stay' },
  extend: {
    body: z.strictObject({ end_date: timeSchema, reason: reasonSchema.optional() }),
    summary: 'Move the end to a later time, before it is reached',
  },
  conclude: {
    body: z.strictObject({ variant: nameSchema, reason: reasonSchema }),
    summary: 'Decide in place of the engine: a treatment is rolled out, the control ends the experiment',
  },
  approve: { body: optional, summary: 'Let the winner ship' },
  reject: { body: required, summary: 'Refuse the winner: everybody gets the control' },
  stop: { body: required, summary: 'Roll back now' },
};

/** What people ask of running experiments: stored first, then answered by the workflow. */
export function commandRoutes(context: ApiContext): Route[] {
  const names = Object.keys(COMMANDS) as CommandName[];
  return [...names.map((name) => commandRoute(context, name)), statusRoute(context)];
}

function commandRoute(context: ApiContext, name: CommandName): Route {
  const { body: schema, summary } = COMMANDS[name];
  return route({
    method: 'post',
    path: `/v1/experiments/{experiment_id}/${name}`,
    action: 'command',
    environments: ofExperiment(context.store),
    tag: 'commands',
    summary,
    query: previewQuery,
    body: schema,
    bodyOptional: schema === optional,
    replies: { 200: z.union([experiment, answers.preview]), 202: answers.commandAccepted },
    async handle({ params: { experiment_id }, query, body, caller, idempotency_key }) {
      const document = await context.store.experiments.named(experiment_id);
      const input = { name, ...body };
      if (query.preview === 'true') {
        const preview = await previewCommand(context, document, input, caller.key_id);
        return { status: 200, body: presentPreview(preview) };
      }
      const delivered = await deliverCommand(context, document, input, caller.key_id, idempotency_key);
      if (delivered.status === 'done')
        return { status: 200, body: await presentNow(context, delivered.experiment) };
      const { command_id } = delivered;
      const location = `/v1/experiments/${experiment_id}/commands/${command_id}`;
      return { status: 202, body: { command_id }, location };
    },
  });
}

function statusRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: '/v1/experiments/{experiment_id}/commands/{command_id}',
    action: 'read',
    environments: ofExperiment(store),
    tag: 'commands',
    summary: 'What became of a command',
    replies: { 200: answers.command },
    async handle({ params: { experiment_id, command_id } }) {
      const document = await store.commands.get(command_id);
      const isOfExperiment = document?.experiment_id === experiment_id;
      return {
        status: 200,
        body: present(found(isOfExperiment ? document : null, `command ${command_id}`)),
      };
    },
  });
}

function present(document: CommandDocument): answers.CommandAnswer {
  const { _id, experiment_id, command, at, expires_at, status, refusal } = document;
  return {
    command_id: _id,
    experiment_id,
    command: command.name,
    reason: command.reason,
    at,
    status,
    ...(expires_at !== null && { expires_at: iso(expires_at) }),
    ...(refusal && { refusal: { code: refusal.code, detail: refusal.text } }),
  };
}
