import { failure, validationFailed, type FieldError } from '../errors.js';
import { portableConditions } from '../model/conditions.js';
import { kindOf, type Flag, type Segment } from '../model/flag.js';
import { onCycles } from '../model/cycles.js';
import type { DefinitionStore } from '../store/definitions.js';
import type { Store } from '../store/store.js';

// What a definition names must exist, must stay, and must not lead back to the definition.

const NEEDS = 'prerequisites.flag_id';

/** @throws {RampartError} validation_failed; flag_required where others need a variant that is gone */
export async function assertFlagReferences(store: Store, flag: Flag): Promise<void> {
  const { flags } = store;
  const places = (flag.rules ?? []).map(
    ({ conditions }, index) => [`rules.${index}.conditions`, conditions] as const,
  );
  const needsOf = ({ prerequisites = [] }: Flag): string[] => prerequisites.map(({ flag_id }) => flag_id);
  const known = await reachable(flag.flag_id, flag, flags, needsOf);
  const errors = await unknownSegments(store, places);
  for (const [index, { flag_id, variants }] of (flag.prerequisites ?? []).entries()) {
    const path = `prerequisites.${index}`;
    const other = known.get(flag_id);
    if (!other) {
      errors.push({ path: `${path}.flag_id`, code: 'unknown_flag', message: `no flag ${flag_id}` });
      continue;
    }
    const names = variantsOf(other);
    for (const name of variants.filter((one) => !names.includes(one))) {
      const message = `flag ${flag_id} has no variant ${name}; it has ${names.join(', ')}`;
      errors.push({ path: `${path}.variants`, code: 'unknown_variant', message });
    }
  }
  if (isCircular(flag.flag_id, known, needsOf)) {
    const message = 'the flag would need itself, through others';
    errors.push({ path: 'prerequisites', code: 'circular', message });
  }
  if (errors.length > 0) throw validationFailed(errors);
  for (const { definition: other } of await flags.having(NEEDS, flag.flag_id)) {
    const wanted = other.prerequisites!.filter(({ flag_id }) => flag_id === flag.flag_id);
    const gone = wanted
      .flatMap(({ variants }) => variants)
      .filter((name) => !variantsOf(flag).includes(name));
    if (gone.length === 0) continue;
    throw failure('flag_required', `flag ${other.flag_id} needs the variant ${gone.join(', ')} of it`);
  }
}

/** @throws {RampartError} validation_failed */
export async function assertSegmentReferences(store: Store, segment: Segment): Promise<void> {
  const { segments } = store;
  const namesOf = ({ conditions }: Segment): string[] => portableConditions(conditions).groups;
  const errors = await unknownSegments(store, [['conditions', segment.conditions]], segment.segment_id);
  const known = await reachable(segment.segment_id, segment, segments, namesOf);
  if (isCircular(segment.segment_id, known, namesOf)) {
    const message = 'the segment would refer to itself';
    errors.push({ path: 'conditions', code: 'circular', message });
  }
  if (errors.length > 0) throw validationFailed(errors);
}

/** @throws {RampartError} flag_required */
export async function assertFlagNotNeeded(store: Store, flag_id: string): Promise<void> {
  const needing = await flagsNeeding(store, flag_id);
  if (needing.length === 0) return;
  const names = needing.join(', ');
  throw failure('flag_required', `${names} need flag ${flag_id}: take it out of their prerequisites first`);
}

/** The flags that have this one among their prerequisites. */
export async function flagsNeeding({ flags }: Store, flag_id: string): Promise<string[]> {
  return (await flags.having(NEEDS, flag_id)).map(({ _id }) => _id);
}

/** @throws {RampartError} segment_in_use */
export async function assertSegmentNotNamed(store: Store, segment_id: string): Promise<void> {
  const { flags, segments } = await conditionsNaming(store, segment_id);
  const naming = [...flags.map((id) => `flag ${id}`), ...segments.map((id) => `segment ${id}`)];
  if (naming.length === 0) return;
  throw failure(
    'segment_in_use',
    `${naming.join(', ')} name segment ${segment_id} by $inGroup: change them first`,
  );
}

/** The flags and segments whose conditions name a segment. */
async function conditionsNaming(
  store: Store,
  segment_id: string,
): Promise<{ flags: string[]; segments: string[] }> {
  const names = (conditions: Record<string, unknown>): boolean =>
    portableConditions(conditions).groups.includes(segment_id);
  const [flags, segments] = await Promise.all([store.flags.all(), store.segments.all()]);
  return {
    flags: flags
      .filter(({ definition }) => definition.rules?.some(({ conditions }) => names(conditions)))
      .map(({ _id }) => _id),
    segments: segments.filter(({ definition }) => names(definition.conditions)).map(({ _id }) => _id),
  };
}

/** Everything that refers to a segment: in conditions, or as an audience. Of experiments those that are not over. */
export async function usesOfSegment(
  store: Store,
  segment_id: string,
): Promise<{ flags: string[]; segments: string[]; experiments: string[] }> {
  const [naming, flags, experiments] = await Promise.all([
    conditionsNaming(store, segment_id),
    store.flags.all(),
    store.experiments.notOverFor(segment_id),
  ]);
  const isAudience = ({ target_segments = [], rules = [] }: Flag): boolean =>
    target_segments.includes(segment_id) ||
    rules.some(({ audience }) =>
      [...(audience?.include ?? []), ...(audience?.exclude ?? [])].includes(segment_id),
    );
  const targeting = flags.filter(({ definition }) => isAudience(definition)).map(({ _id }) => _id);
  return { ...naming, flags: [...new Set([...naming.flags, ...targeting])].sort(), experiments };
}

/** A definition with all that it refers to, directly or through others. */
async function reachable<T extends object>(
  id: string,
  definition: T,
  store: DefinitionStore<T>,
  referencesOf: (one: T) => string[],
): Promise<Map<string, T>> {
  const known = new Map([[id, definition]]);
  for (let wanted = referencesOf(definition); wanted.length > 0;) {
    const found = await store.many(wanted.filter((one) => !known.has(one)));
    for (const { _id, definition: one } of found) known.set(_id, one);
    wanted = found.flatMap(({ definition: one }) => referencesOf(one)).filter((one) => !known.has(one));
  }
  return known;
}

function isCircular<T>(
  id: string,
  known: ReadonlyMap<string, T>,
  referencesOf: (one: T) => string[],
): boolean {
  return onCycles(new Map([...known].map(([name, one]) => [name, referencesOf(one)] as const))).has(id);
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
  { segments }: Store,
  places: readonly (readonly [path: string, conditions: Record<string, unknown>])[],
  own?: string,
): Promise<FieldError[]> {
  const named = places.flatMap(([path, conditions]) =>
    portableConditions(conditions).groups.map((name) => ({ path, name })),
  );
  if (named.length === 0) return [];
  const known = new Set((await segments.many(named.map(({ name }) => name))).map(({ _id }) => _id));
  return named
    .filter(({ name }) => name !== own && !known.has(name))
    .map(({ path, name }) => ({
      path,
      code: 'unknown_segment',
      message: `no segment ${name}: define it first`,
    }));
}
