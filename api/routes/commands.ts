import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { failure, RampartError } from '../../src/errors.js';
import type { Command, CommandName, Refusal } from '../../src/lifecycle/commands.js';
import { nameSchema, reasonSchema } from '../../src/model/id.js';
import { timeSchema } from '../../src/model/time.js';
import type { CommandDocument } from '../../src/store/commands.js';
import type { ExperimentDocument } from '../../src/store/experiments.js';
import { authoriseEnvironment } from '../auth.js';
import { audit, type ApiContext } from '../context.js';
import { route, type Call, type Reply, type Route } from '../route.js';
import { experimentNamed, present } from './experiments.js';

const optional = z.strictObject({ reason: reasonSchema.optional() });
const required = z.strictObject({ reason: reasonSchema });

interface CommandBody {
  reason?: string | undefined;
  variant?: string;
  coverage?: number;
  end_date?: string;
}

/** Bodies of the commands; where the reason is optional, so is the body. */
const BODIES: Record<
  CommandName,
  { schema: z.ZodType<CommandBody, unknown>; summary: string; expires: boolean }
> = {
  pause: { schema: optional, summary: 'Stop progress; traffic stays as it is', expires: false },
  resume: { schema: optional, summary: 'Go on after a pause', expires: true },
  advance: { schema: optional, summary: 'Take the next ramp step now', expires: true },
  ramp: {
    schema: z.strictObject({
      coverage: z.number().gt(0).max(100).multipleOf(0.01),
      reason: reasonSchema.optional(),
    }),
    summary:
      'Enrol more units, or withdraw down to the end of an earlier step; the answer says what coverage it is',
    expires: true,
  },
  drop: {
    schema: z.strictObject({ variant: nameSchema, reason: reasonSchema }),
    summary: 'Take a treatment out; its units get the control',
    expires: true,
  },
  close: { schema: optional, summary: 'Enrol nobody more; those who are in go on', expires: true },
  extend: {
    schema: z.strictObject({ end_date: timeSchema, reason: reasonSchema.optional() }),
    summary: 'Put the end off, while it is not reached',
    expires: true,
  },
  conclude: {
    schema: z.strictObject({ variant: nameSchema, reason: reasonSchema }),
    summary: 'Decide in place of the engine: a treatment is rolled out, the control ends the experiment',
    expires: true,
  },
  approve: { schema: optional, summary: 'Let the winner ship', expires: true },
  reject: { schema: required, summary: 'Refuse the winner: control', expires: true },
  stop: { schema: required, summary: 'Roll back now', expires: false },
};

/** Nobody wants last night's advance. */
const EXPIRES_MS = 10 * 60_000;
/** How long a command's answer waits for the store to show what it did. */
const READ_YOUR_WRITES_MS = 3_000;

/** What people ask of running experiments: stored first, then answered by the workflow. */
export function commandRoutes(context: ApiContext): Route[] {
  const commands = Object.entries(BODIES).map(([name, { schema, summary }]) =>
    route({
      method: 'post',
      path: `/v1/experiments/{experiment_id}/${name}`,
      action: 'command',
      summary,
      body: schema,
      bodyOptional: schema === optional,
      handle: (call) => command(context, name as CommandName, call),
    }),
  );
  return [
    ...commands,
    route({
      method: 'get',
      path: '/v1/experiments/{experiment_id}/commands/{command_id}',
      action: 'read',
      summary: 'What became of a command',
      async handle({ params }) {
        const document = await context.store.commands.get(params['command_id']!);
        if (!document || document.experiment_id !== params['experiment_id']) {
          throw failure('not_found', `no command ${params['command_id']}`);
        }
        return { status: 200, body: presentCommand(document) };
      },
    }),
  ];
}

async function command(
  context: ApiContext,
  name: CommandName,
  { params, body, caller, idempotency_key }: Call<CommandBody>,
): Promise<Reply> {
  const { store, workflows } = context;
  const experiment = await experimentNamed(context, params['experiment_id']);
  const { _id: experiment_id } = experiment;
  authoriseEnvironment(caller, experiment.definition.environment);
  if (experiment.state === 'draft')
    throw refused({ code: 'not_live', text: 'the experiment was never started' });
  if (experiment.state === 'completed') throw refused({ code: 'not_live', text: 'the experiment is over' });
  const command_id = commandId(caller.key_id, experiment_id, idempotency_key);
  const order: Command = {
    command_id,
    name,
    actor: { type: 'person', id: caller.key_id },
    reason: body.reason ?? null,
    ...(body.variant !== undefined && { variant: body.variant }),
    ...(body.coverage !== undefined && { coverage: body.coverage }),
    ...(body.end_date !== undefined && { end_at: Date.parse(body.end_date) }),
  };
  const now = Date.now();
  const document: CommandDocument = {
    _id: command_id,
    experiment_id,
    command: order,
    at: new Date(now).toISOString(),
    expires_at: BODIES[name].expires ? now + EXPIRES_MS : null,
    status: 'pending',
  };
  await store.commands.accept(document);
  await audit(context, caller, `experiment.${name}`, ['experiment', experiment_id], { after: body });
  const delivery = await workflows.deliver(document, false);
  switch (delivery.status) {
    case 'refused':
      throw refused(delivery.refusal);
    case 'expired':
    case 'pending':
      return {
        status: 202,
        body: { command_id },
        location: `/v1/experiments/${experiment_id}/commands/${command_id}`,
      };
    case 'done': {
      const after = await shown(context, experiment_id, delivery.answer.version);
      await context.refresher.refresh();
      return { status: 200, body: await present(context, after) };
    }
  }
}

/** The same key, experiment and idempotency key make the same command; without one every command is its own. */
function commandId(key_id: string, experiment_id: string, idempotency_key: string | null): string {
  if (idempotency_key === null) return randomUUID();
  return createHash('sha256')
    .update([key_id, experiment_id, idempotency_key].join('\n'))
    .digest('hex')
    .slice(0, 32);
}

/** The experiment once the store shows what the command did, and the processes were told what to serve. */
async function shown(context: ApiContext, id: string, version: number): Promise<ExperimentDocument> {
  const deadline = performance.now() + READ_YOUR_WRITES_MS;
  for (;;) {
    const document = await experimentNamed(context, id);
    const isTold = document.served_revision >= (document.view?.revision ?? 0);
    if ((document.version >= version && isTold) || performance.now() > deadline) return document;
    await sleep(20);
  }
}

function refused({ code, text, holds }: Refusal): RampartError {
  if (code === 'unknown_variant') return failure('unknown_variant', text);
  return new RampartError(code, text, 409, holds ? { holds } : {});
}

function presentCommand({
  _id,
  experiment_id,
  command: order,
  at,
  expires_at,
  status,
  refusal,
}: CommandDocument): object {
  return {
    command_id: _id,
    experiment_id,
    command: order.name,
    reason: order.reason,
    at,
    status,
    ...(expires_at !== null && { expires_at: new Date(expires_at).toISOString() }),
    ...(refusal && { refusal: { code: refusal.code, detail: refusal.text } }),
  };
}
