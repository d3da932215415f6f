import { failure, RampartError } from '../errors.js';
import { kindOf, type Flag } from '../model/flag.js';
import type { Stored } from '../store/definitions.js';
import { assertFlagNotNeeded, assertFlagReferences, flagsNeeding } from './check-references.js';
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
  await assertDeletable(context, flag_id);
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

/** What refers to a flag, and why it cannot be deleted now; null where it can. */
export interface FlagUses {
  /** Flags that need a variant of it. */
  flags: string[];
  /** Experiments under way that drive it. */
  experiments: string[];
  /** Experiments that will drive it once they start. */
  drafts: string[];
  refusal: { code: string; text: string } | null;
}

/** Everything that refers to a flag, with what deleting it now would answer. */
export async function usesOfFlag(
  context: Pick<OperationContext, 'store'>,
  flag_id: string,
): Promise<FlagUses> {
  const { store } = context;
  const [flags, underWay, notOver, refusal] = await Promise.all([
    flagsNeeding(store, flag_id),
    store.experiments.underWayOnFlag(flag_id),
    store.experiments.notOverOn(flag_id),
    assertDeletable(context, flag_id).then(() => null, refusalIn),
  ]);
  const experiments = underWay.map(({ _id }) => _id).sort();
  const drafts = notOver.filter((id) => !experiments.includes(id));
  return { flags, experiments, drafts, refusal };
}

function refusalIn(error: unknown): { code: string; text: string } {
  if (error instanceof RampartError && error.status === 409) return { code: error.code, text: error.message };
  throw error;
}

/** @throws {RampartError} flag_locked, flag_required */
async function assertDeletable(context: Pick<OperationContext, 'store'>, flag_id: string): Promise<void> {
  await assertUnlocked(context, flag_id, 'deleted');
  await assertFlagNotNeeded(context.store, flag_id);
}

async function assertUnlocked(
  { store }: Pick<OperationContext, 'store'>,
  flag_id: string,
  done: string,
): Promise<void> {
  const [experiment] = await store.experiments.underWayOnFlag(flag_id);
  if (!experiment) return;
  throw failure(
    'flag_locked',
    `experiment ${experiment._id} runs on flag ${flag_id}: it cannot be ${done} until that ends`,
  );
}
