import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, RampartError } from '../errors.js';
import type { Command, CommandName, Refusal } from '../lifecycle/commands.js';
import { planOf } from '../lifecycle/plan.js';
import { previewOf, type Preview } from '../lifecycle/preview.js';
import { initialState } from '../lifecycle/state.js';
import { iso } from '../iso.js';
import type { CommandDocument } from '../store/commands.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';
import type { OperationContext } from './context.js';
import { audited } from './tell.js';

/** Most commands are worthless when they are late. */
const EXPIRES_MS = 10 * 60_000;
/** Commands that are right at any later time: they only take risk away. */
const NEVER_EXPIRE: readonly CommandName[] = ['pause', 'stop'];
/** The longest that a command's answer waits until the store shows what the command did, ms. */
const READ_YOUR_WRITES_MS = 3_000;

export interface CommandInput {
  name: CommandName;
  reason?: string | undefined;
  variant?: string;
  coverage?: number;
  /** ISO 8601. */
  end_date?: string;
}

/** `done`: the experiment after it. `pending`: stored, and delivered as soon as Temporal can be reached. */
export type Delivered =
  { status: 'done'; experiment: ExperimentDocument } | { status: 'pending'; command_id: string };

/**
 * Stores a command, then delivers it to the experiment's workflow.
 *
 * @param idempotency_key two commands of one caller for one experiment with the same key are one command
 * @throws {RampartError} the workflow's refusal, 409; unknown_variant
 */
export async function deliverCommand(
  context: OperationContext,
  experiment: ExperimentDocument,
  input: CommandInput,
  by: string,
  idempotency_key: string | null,
): Promise<Delivered> {
  const { store, workflows } = context;
  const { _id: experiment_id, state } = experiment;
  assertLive(state);
  const { name } = input;
  const command_id = commandId(by, experiment_id, idempotency_key);
  const command = commandOf(input, command_id, by);
  const now = Date.now();
  const document: CommandDocument = {
    _id: command_id,
    experiment_id,
    command,
    at: iso(now),
    expires_at: NEVER_EXPIRE.includes(name) ? null : now + EXPIRES_MS,
    status: 'pending',
  };
  const { name: _, ...after } = input;
  const subject = ['experiment', experiment_id] as const;
  const change = { by, action: `experiment.${name}`, subject, after, key: command_id };
  await audited(context, change, () => store.commands.accept(document));
  const delivery = await workflows.deliver(document, false);
  switch (delivery.status) {
    case 'refused':
      throw refused(delivery.refusal);
    case 'expired':
    case 'pending':
      return { status: 'pending', command_id };
    case 'done': {
      const after_it = await shown(store, experiment_id, delivery.answer.version);
      await context.refresher.refresh();
      return { status: 'done', experiment: after_it };
    }
  }
}

/**
 * What a command would do if it were given now, by the newest state that is stored.
 *
 * @throws {RampartError} not_live where there is nothing to command
 */
export async function previewCommand(
  { store }: Pick<OperationContext, 'store'>,
  { _id, state, launch, checkpoint }: ExperimentDocument,
  input: CommandInput,
  by: string,
): Promise<Preview> {
  assertLive(state);
  const newest = await store.snapshots.latest(_id);
  const command = commandOf(input, 'preview', by);
  const plan = planOf(_id, launch!);
  return previewOf(plan, checkpoint ?? initialState(), command, newest?.look ?? null, Date.now());
}

/** @throws {RampartError} not_live */
function assertLive(state: ExperimentDocument['state']): void {
  if (state === 'draft') throw refused({ code: 'not_live', text: 'the experiment was never started' });
  if (state === 'completed') throw refused({ code: 'not_live', text: 'the experiment is over' });
}

function commandOf(input: CommandInput, command_id: string, by: string): Command {
  const { name, reason, variant, coverage, end_date } = input;
  return {
    command_id,
    name,
    actor: { type: 'person', id: by },
    reason: reason ?? null,
    ...(variant !== undefined && { variant }),
    ...(coverage !== undefined && { coverage }),
    ...(end_date !== undefined && { end_at: Date.parse(end_date) }),
  };
}

/** The same caller, experiment and idempotency key make the same command; without a key every command is its own. */
function commandId(by: string, experiment_id: string, idempotency_key: string | null): string {
  if (idempotency_key === null) return randomUUID();
  return createHash('sha256')
    .update([by, experiment_id, idempotency_key].join('\n'))
    .digest('hex')
    .slice(0, 32);
}

/** The experiment once the store shows what the command did and every process was told what to serve. */
async function shown({ experiments }: Store, id: string, version: number): Promise<ExperimentDocument> {
  const deadline = performance.now() + READ_YOUR_WRITES_MS;
  for (;;) {
    const document = await experiments.named(id);
    const isTold = document.served_revision >= (document.view?.revision ?? 0);
    if ((document.version >= version && isTold) || performance.now() > deadline) return document;
    await sleep(20);
  }
}

function refused({ code, text, holds }: Refusal): RampartError {
  if (code === 'unknown_variant') return failure('unknown_variant', text);
  return new RampartError(code, text, 409, holds ? { holds } : {});
}
