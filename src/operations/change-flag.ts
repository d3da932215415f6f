import { failure } from '../errors.js';
import { kindOf, type Flag } from '../model/flag.js';
import type { Stored } from '../store/definitions.js';
import { assertFlagNotNeeded, assertFlagReferences } from './check-references.js';
import { assertFlagServable } from './check-servable.js';
import type { OperationContext } from './context.js';
import { deleteDefinition, saveDefinition, type Saved } from './save-definition.js';
import { publishChange } from './tell.js';
import { tellFlagChanges } from './tell-lines.js';

/**
 * Stores a flag's next revision and serves it. Experiments under way on the flag have the change in their timelines.
 *
 * @param onlyNew refuse to replace a flag that exists
 * @throws {RampartError} flag_locked, validation_failed, flag_required, already_exists, conflict
 */
export async function saveFlag(
  context: OperationContext,
  flag: Flag,
  by: string,
  onlyNew = false,
): Promise<Saved<Flag>> {
  const { store } = context;
  const { flag_id } = flag;
  const before = await store.flags.get(flag_id);
  if (before && onlyNew) throw failure('already_exists', `flag ${flag_id} exists already`);
  if (before) await assertFlagChangeable(store, before.definition, flag);
  assertFlagServable(flag);
  await assertFlagReferences(store, flag);
  const { stored } = await saveDefinition(context, store.flags, flag_id, flag, by, before);
  for (const experiment of await store.experiments.underWayOnFlag(flag_id)) {
    await tellFlagChanges(store, experiment, stored.revision);
  }
  await publishChange(context, `flag:${flag_id}`);
  return { stored, before };
}

/** Makes an older revision the newest. @throws {RampartError} not_found, flag_locked, and what saving throws */
export async function restoreFlag(
  context: OperationContext,
  flag_id: string,
  revision: number,
  by: string,
): Promise<Stored<Flag>> {
  const old = await context.store.flags.revision(flag_id, revision);
  if (!old) throw failure('not_found', `no revision ${revision} of flag ${flag_id}`);
  await assertUnlocked(context, flag_id, 'restored');
  return (await saveFlag(context, old.definition, by)).stored;
}

/** @throws {RampartError} flag_locked, flag_required, not_found */
export async function deleteFlag(context: OperationContext, flag_id: string, by: string): Promise<void> {
  await assertUnlocked(context, flag_id, 'deleted');
  await assertFlagNotNeeded(context.store, flag_id);
  if (!(await deleteDefinition(context, context.store.flags, flag_id, by)))
    throw failure('not_found', `no flag ${flag_id}`);
  await publishChange(context, `flag:${flag_id}`);
}

/**
 * While an experiment runs on a flag, its type and the variants it uses stay; switching it off always works.
 *
 * @throws {RampartError} flag_locked
 */
export async function assertFlagChangeable(
  store: Pick<OperationContext['store'], 'experiments'>,
  before: Flag,
  after: Flag,
): Promise<void> {
  const [experiment] = await store.experiments.underWayOnFlag(before.flag_id);
  if (!experiment) return;
  const used = Object.keys(experiment.definition.variants);
  const lost = Object.keys(before.variants ?? {}).some(
    (name) => used.includes(name) && !after.variants?.[name],
  );
  if (kindOf(before) === kindOf(after) && before.value_type === after.value_type && !lost) return;
  throw failure(
    'flag_locked',
    `experiment ${experiment._id} runs on flag ${before.flag_id}: until it ends, the flag's type and the variants it uses cannot change`,
  );
}

async function assertUnlocked({ store }: OperationContext, flag_id: string, done: string): Promise<void> {
  const [experiment] = await store.experiments.underWayOnFlag(flag_id);
  if (!experiment) return;
  throw failure(
    'flag_locked',
    `experiment ${experiment._id} runs on flag ${flag_id}: it cannot be ${done} until that ends`,
  );
}
