import { randomUUID } from 'node:crypto';
import { failure, validationFailed } from '../errors.js';
import type { Ingest } from '../ingest/intake.js';
import type { FieldSealing } from '../secrets/field-sealing.js';
import { sealUnit } from '../secrets/unit-secret.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import { markedUnitId, type Override } from '../store/marked-units.js';
import type { OptOut } from '../store/opt-outs.js';
import type { TimelineLine } from '../store/timeline.js';
import type { OperationContext } from './context.js';
import { audited, publishChange } from './tell.js';

/** What a person says of single units: excluded from an experiment, overridden in it, opted out of all. */
export interface UnitContext extends OperationContext {
  ingest: Pick<Ingest, 'exclude' | 'excludeFromEach' | 'pseudonymOf'>;
  sealing: FieldSealing;
}

/** Takes units out of an experiment: they get the control, and nothing of them counts. */
export async function excludeUnits(
  context: UnitContext,
  experiment: ExperimentDocument,
  unit_ids: readonly string[],
  reason: string,
  by: string,
): Promise<{ exclusion_id: string; count: number }> {
  const { store, sealing } = context;
  const { _id: experiment_id } = experiment;
  const at = new Date();
  const data = { exclusion_id: randomUUID(), count: new Set(unit_ids).size };
  const change = {
    by,
    action: 'experiment.exclusions',
    subject: ['experiment', experiment_id],
    after: { ...data, reason },
  } as const;
  const line: TimelineLine[1] = {
    at: at.getTime(),
    kind: 'command',
    actor: { type: 'person', id: by },
    revision: experiment.view?.revision ?? 0,
    reason,
    data: { command: 'exclusions', ...data },
  };
  await audited(context, change, async () => {
    // Before the units go, as the audit entry: a line can be missing only where nothing was done.
    await store.timeline.append(experiment_id, [[`exclusion:${data.exclusion_id}`, line]]);
    const units = await context.ingest.exclude(experiment_id, unit_ids);
    await store.exclusions.add(
      await Promise.all(
        [...units].map(async ([unit_id, unit]) => ({
          _id: markedUnitId(experiment_id, unit),
          experiment_id,
          unit,
          sealed: await sealUnit(sealing, { unit_id }),
          reason,
          at: at.toISOString(),
          by,
        })),
      ),
    );
  });
  await publishChange(context, `experiment:${experiment_id}`);
  return data;
}

/** Serves an excluded unit its arm again. It stays out of the analysis. */
export async function liftExclusion(
  context: UnitContext,
  { _id }: ExperimentDocument,
  unit_id: string,
  by: string,
): Promise<void> {
  const unit = context.ingest.pseudonymOf(unit_id);
  const change = {
    by,
    action: 'experiment.exclusion_lifted',
    subject: ['experiment', _id],
    after: { unit },
  } as const;
  await audited(context, change, () => context.store.exclusions.remove([markedUnitId(_id, unit)]));
  await publishChange(context, `experiment:${_id}`);
}

/** Gives a unit a variant, whatever its slot. Nothing of it counts. @throws {RampartError} unknown_variant */
export async function overrideUnit(
  context: UnitContext,
  { _id: experiment_id, definition }: ExperimentDocument,
  unit_id: string,
  variant: string,
  by: string,
): Promise<{ override: Override; isNew: boolean }> {
  const { store, ingest, sealing } = context;
  const variants = Object.keys(definition.variants);
  if (!variants.includes(variant)) {
    const message = `must be one of ${variants.join(', ')}`;
    throw validationFailed([{ path: 'variant', code: 'unknown_variant', message }], 'unknown_variant');
  }
  const unit = ingest.pseudonymOf(unit_id);
  const override: Override = {
    ...{ _id: markedUnitId(experiment_id, unit), experiment_id, unit },
    sealed: await sealUnit(sealing, { unit_id, variant }),
    at: new Date().toISOString(),
    by,
  };
  const isNew = (await store.overrides.get(override._id)) === null;
  const change = {
    by,
    action: 'experiment.override',
    subject: ['experiment', experiment_id],
    // Not the variant: the trail cannot be sealed anew, and this one stands in the override, which can.
    after: { unit },
  } as const;
  await audited(context, change, async () => {
    // What the unit did before, as a unit of its arm, must not count either.
    if (isNew) await ingest.exclude(experiment_id, [unit_id]);
    await store.overrides.put(override);
  });
  await publishChange(context, `experiment:${experiment_id}`);
  return { override, isNew };
}

/** The override of a unit. @throws {RampartError} not_found */
export async function overrideOf(
  { store, ingest }: UnitContext,
  experiment_id: string,
  unit_id: string,
): Promise<Override> {
  const found = await store.overrides.get(markedUnitId(experiment_id, ingest.pseudonymOf(unit_id)));
  if (!found) throw failure('not_found', `no override for ${unit_id}`);
  return found;
}

/** Serves an overridden unit its own arm again. It stays out of the analysis. @throws {RampartError} not_found */
export async function liftOverride(
  context: UnitContext,
  { _id: experiment_id }: ExperimentDocument,
  unit_id: string,
  by: string,
): Promise<void> {
  const unit = context.ingest.pseudonymOf(unit_id);
  await overrideOf(context, experiment_id, unit_id);
  const change = {
    by,
    action: 'experiment.override_lifted',
    subject: ['experiment', experiment_id],
    before: { unit },
  } as const;
  await audited(context, change, () => context.store.overrides.remove([markedUnitId(experiment_id, unit)]));
  await publishChange(context, `experiment:${experiment_id}`);
}

/** Takes a unit out of all experiments, later ones included. No events of it are kept. */
export async function optOut(context: UnitContext, unit_id: string, by: string): Promise<OptOut> {
  const { store, ingest, sealing } = context;
  const unit = ingest.pseudonymOf(unit_id);
  const at = new Date().toISOString();
  const change = { by, action: 'privacy.opt_out', subject: ['unit', unit] } as const;
  const sealed = await sealUnit(sealing, { unit_id });
  const optedOut = await audited(context, change, () => store.optOuts.put({ _id: unit, sealed, at }));
  await publishChange(context, `opt-out:${unit}`);
  // What was counted of it so far leaves the analysis of everything that still runs.
  const underWay = await store.experiments.underWay();
  await ingest.excludeFromEach(
    [unit_id],
    underWay.map(({ _id }) => _id),
  );
  return optedOut;
}

/** Lets a unit into experiments again. @throws {RampartError} not_found */
export async function optIn(context: UnitContext, unit_id: string, by: string): Promise<void> {
  const unit = context.ingest.pseudonymOf(unit_id);
  const { optOuts } = context.store;
  if (!(await optOuts.get(unit))) throw failure('not_found', 'this unit has not opted out');
  const change = { by, action: 'privacy.opt_in', subject: ['unit', unit] } as const;
  await audited(context, change, () => optOuts.delete(unit));
  await publishChange(context, `opt-out:${unit}`);
}
