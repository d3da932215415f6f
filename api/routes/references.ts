import { failure, validationFailed, type FieldError } from '../../src/errors.js';
import { portableConditions } from '../../src/model/conditions.js';
import { kindOf, type Flag, type Segment } from '../../src/model/flag.js';
import { onCycles } from '../../src/serving/cycles.js';
import type { ApiContext } from '../context.js';

// What definitions refer to by name must be there, must stay there, and must not lead back to them.

/** @throws {RampartError} validation_failed; flag_required where others need a variant that is gone */
export async function assertFlagReferences(context: ApiContext, flag: Flag): Promise<void> {
  const places = (flag.rules ?? []).map(
    ({ conditions }, index) => [`rules.${index}.conditions`, conditions] as const,
  );
  const missing = await unknownSegments(context, places);
  const flags = new Map((await context.store.flags.all()).map(({ _id, definition }) => [_id, definition]));
  flags.set(flag.flag_id, flag);
  const needs = new Map(
    [...flags].map(([id, one]) => [id, (one.prerequisites ?? []).map(({ flag_id }) => flag_id)] as const),
  );
  const circular = onCycles(needs).has(flag.flag_id);
  const unmet = (flag.prerequisites ?? []).flatMap(({ flag_id, variants }, index): FieldError[] => {
    const path = `prerequisites.${index}`;
    const other = flags.get(flag_id);
    if (!other) return [{ path: `${path}.flag_id`, code: 'unknown_flag', message: `no flag ${flag_id}` }];
    const names = variantsOf(other);
    return variants
      .filter((name) => !names.includes(name))
      .map((name) => ({
        path: `${path}.variants`,
        code: 'unknown_variant',
        message: `flag ${flag_id} has no variant ${name}; it has ${names.join(', ')}`,
      }));
  });
  if (circular) {
    unmet.push({
      path: 'prerequisites',
      code: 'circular',
      message: 'the flag would need itself, through others',
    });
  }
  if (missing.length + unmet.length > 0) throw validationFailed([...missing, ...unmet]);
  assertStillGiven(flag, [...flags.values()]);
}

/** @throws {RampartError} validation_failed */
export async function assertSegmentReferences(context: ApiContext, segment: Segment): Promise<void> {
  const errors = await unknownSegments(context, [['conditions', segment.conditions]], segment.segment_id);
  const segments = new Map(
    (await context.store.segments.all()).map(({ _id, definition }) => [_id, definition]),
  );
  segments.set(segment.segment_id, segment);
  const references = new Map(
    [...segments].map(([id, { conditions }]) => [id, portableConditions(conditions).groups] as const),
  );
  if (onCycles(references).has(segment.segment_id)) {
    errors.push({ path: 'conditions', code: 'circular', message: 'the segment would refer to itself' });
  }
  if (errors.length > 0) throw validationFailed(errors);
}

/** @throws {RampartError} flag_required */
export async function assertFlagNotNeeded({ store }: ApiContext, flag_id: string): Promise<void> {
  const needing = (await store.flags.all()).filter(({ definition }) =>
    definition.prerequisites?.some((one) => one.flag_id === flag_id),
  );
  if (needing.length === 0) return;
  const names = needing.map(({ _id }) => _id).join(', ');
  throw failure('flag_required', `${names} need flag ${flag_id}: take it out of their prerequisites first`);
}

/** @throws {RampartError} segment_in_use */
export async function assertSegmentNotNamed({ store }: ApiContext, segment_id: string): Promise<void> {
  const names = (conditions: Record<string, unknown>): boolean =>
    portableConditions(conditions).groups.includes(segment_id);
  const [flags, segments] = await Promise.all([store.flags.all(), store.segments.all()]);
  const naming = [
    ...flags
      .filter(({ definition }) => definition.rules?.some(({ conditions }) => names(conditions)))
      .map(({ _id }) => `flag ${_id}`),
    ...segments.filter(({ definition }) => names(definition.conditions)).map(({ _id }) => `segment ${_id}`),
  ];
  if (naming.length === 0) return;
  throw failure(
    'segment_in_use',
    `${naming.join(', ')} name segment ${segment_id} by $inGroup: change them first`,
  );
}

function assertStillGiven(flag: Flag, others: readonly Flag[]): void {
  const names = variantsOf(flag);
  for (const other of others) {
    for (const { flag_id, variants } of other.prerequisites ?? []) {
      const gone = flag_id === flag.flag_id ? variants.filter((name) => !names.includes(name)) : [];
      if (gone.length > 0) {
        throw failure('flag_required', `flag ${other.flag_id} needs the variant ${gone.join(', ')} of it`);
      }
    }
  }
}

/** Every variant that evaluations of a flag may carry. */
function variantsOf(flag: Flag): string[] {
  switch (kindOf(flag)) {
    case 'boolean':
      return ['on', 'off'];
    case 'multivariate':
      return Object.keys(flag.variants!);
    case 'config':
      return ['default', 'rule', ...Object.keys(flag.segments ?? {})];
  }
}

async function unknownSegments(
  { store }: ApiContext,
  places: readonly (readonly [path: string, conditions: Record<string, unknown>])[],
  own?: string,
): Promise<FieldError[]> {
  const named = places.flatMap(([path, conditions]) =>
    portableConditions(conditions).groups.map((name) => ({ path, name })),
  );
  if (named.length === 0) return [];
  const known = new Set((await store.segments.many(named.map(({ name }) => name))).map(({ _id }) => _id));
  return named
    .filter(({ name }) => name !== own && !known.has(name))
    .map(({ path, name }) => ({
      path,
      code: 'unknown_segment',
      message: `no segment ${name}: define it first`,
    }));
}
