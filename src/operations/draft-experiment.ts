import { failure, validationFailed, type RampartError } from '../errors.js';
import { experimentSchema, type ExperimentDefinition } from '../model/experiment.js';
import type { ExperimentDocument } from '../store/experiments.js';
import { parse } from '../validation.js';
import { assertRunnable } from './check-definition.js';
import type { OperationContext } from './context.js';
import { audit } from './tell.js';

/** Creates an experiment as a draft. @throws {RampartError} validation_failed, type_mismatch, already_exists */
export async function createDraft(
  context: OperationContext,
  definition: ExperimentDefinition,
  by: string,
): Promise<ExperimentDocument> {
  const { store } = context;
  await assertRunnable(store, definition);
  const document = await store.experiments.create(definition, definition.experiment_id, by);
  await store.timeline.append(document._id, [
    [
      'created',
      {
        at: Date.parse(document.created_at),
        kind: 'created',
        actor: { type: 'person', id: by },
        revision: 0,
      },
    ],
  ]);
  await audit(context, by, 'experiment.create', ['experiment', document._id], { after: definition });
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
  if (!(await store.experiments.changeDraft(_id, definition))) throw notDraft(document);
  await audit(context, by, 'experiment.update', ['experiment', _id], {
    before: document.definition,
    after: definition,
  });
  return store.experiments.named(_id);
}

/** @throws {RampartError} experiment_not_draft */
export async function deleteDraft(
  context: OperationContext,
  document: ExperimentDocument,
  by: string,
): Promise<void> {
  if (!(await context.store.experiments.deleteDraft(document._id))) throw notDraft(document);
  await audit(context, by, 'experiment.delete', ['experiment', document._id], {
    before: document.definition,
  });
}

function notDraft({ _id, state }: ExperimentDocument): RampartError {
  return failure(
    'experiment_not_draft',
    `experiment ${_id} is ${state}: only a draft can be changed; copy it instead`,
  );
}
