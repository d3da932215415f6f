import { failure, validationFailed, type RampartError } from '../errors.js';
import { experimentSchema, type ExperimentDefinition } from '../model/experiment.js';
import type { ExperimentDocument, UntoldLine } from '../store/experiment-document.js';
import { parse } from '../validation.js';
import { assertRunnable } from './check-definition.js';
import type { OperationContext } from './context.js';
import { audited } from './tell.js';
import { tellLines } from './tell-lines.js';

/** Creates an experiment as a draft. @throws {RampartError} validation_failed, type_mismatch, already_exists */
export async function createDraft(
  context: OperationContext,
  definition: ExperimentDefinition,
  by: string,
): Promise<ExperimentDocument> {
  const { store } = context;
  await assertRunnable(store, definition);
  const { experiment_id } = definition;
  const change = {
    by,
    action: 'experiment.create',
    subject: ['experiment', experiment_id],
    after: definition,
  } as const;
  const at = Date.now();
  const created: UntoldLine = {
    key: 'created',
    item: { at, kind: 'created', actor: { type: 'person', id: by }, revision: 0 },
  };
  const document = await audited(context, change, () =>
    store.experiments.create(definition, experiment_id, by, at, [created]),
  );
  await tellLines(store, experiment_id, [created]);
  return document;
}

/** The definition of a draft with some of its fields changed. @throws {RampartError} validation_failed */
export function changedDefinition(
  { _id, definition }: ExperimentDocument,
  change: Record<string, unknown>,
): ExperimentDefinition {
  const changed = parse(experimentSchema, { ...definition, ...change });
  if (changed.experiment_id === _id) return changed;
  throw validationFailed([
    {
      path: 'experiment_id',
      code: 'invalid_value',
      message: 'cannot be changed: copy the experiment instead',
    },
  ]);
}

/** Replaces the definition of a draft. @throws {RampartError} experiment_not_draft, and what creating throws */
export async function changeDraft(
  context: OperationContext,
  document: ExperimentDocument,
  definition: ExperimentDefinition,
  by: string,
): Promise<ExperimentDocument> {
  const { store } = context;
  const { _id } = document;
  await assertRunnable(store, definition);
  if (document.state !== 'draft') throw notDraft(document);
  const change = {
    by,
    action: 'experiment.update',
    subject: ['experiment', _id],
    before: document.definition,
    after: definition,
  } as const;
  await audited(context, change, async () => {
    if (!(await store.experiments.changeDraft(_id, definition, by))) throw notDraft(document);
  });
  return store.experiments.named(_id);
}

/** @throws {RampartError} experiment_not_draft */
export async function deleteDraft(
  context: OperationContext,
  document: ExperimentDocument,
  by: string,
): Promise<void> {
  const { _id, definition, state } = document;
  if (state !== 'draft') throw notDraft(document);
  const change = {
    by,
    action: 'experiment.delete',
    subject: ['experiment', _id],
    before: definition,
  } as const;
  await audited(context, change, async () => {
    if (!(await context.store.experiments.deleteDraft(_id))) throw notDraft(document);
  });
}

function notDraft({ _id, state }: ExperimentDocument): RampartError {
  return failure(
    'experiment_not_draft',
    `experiment ${_id} is ${state === 'draft' ? 'no draft any more' : state}: only a draft can be changed; copy it instead`,
  );
}
