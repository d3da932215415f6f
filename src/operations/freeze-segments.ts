import { validationFailed, type FieldError } from '../errors.js';
import { portableConditions } from '../model/conditions.js';
import { onCycles } from '../model/cycles.js';
import type { Segment } from '../model/flag.js';
import type { FrozenSegments } from '../model/frozen-segments.js';
import type { Store } from '../store/store.js';

/** Segments by id. */
export type KnownSegments = ReadonlyMap<string, Segment>;

/** The segments of these names that are defined, with every segment that they refer to, directly or through others. */
export async function definedSegments(
  { segments }: Pick<Store, 'segments'>,
  names: readonly string[] = [],
): Promise<KnownSegments> {
  const known = new Map<string, Segment>();
  const asked = new Set<string>();
  for (let wanted = [...names]; wanted.length > 0;) {
    for (const name of wanted) asked.add(name);
    const found = (await segments.many(wanted)).map(({ definition }) => definition);
    for (const segment of found) known.set(segment.segment_id, segment);
    wanted = [...new Set(found.flatMap(groupsOf))].filter((name) => !asked.has(name));
  }
  return known;
}

/** The segments that an experiment names and that cannot be frozen: they are not defined, or lead back to themselves. */
export function segmentErrors(names: readonly string[] = [], known: KnownSegments): FieldError[] {
  const circular = onCycles(new Map([...known].map(([name, segment]) => [name, groupsOf(segment)] as const)));
  return names.flatMap((name, index): FieldError[] => {
    const path = `segments.${index}`;
    if (!known.has(name))
      return [{ path, code: 'unknown_segment', message: `no segment ${name}: define it first` }];
    if (!circular.has(name)) return [];
    return [{ path, code: 'circular', message: `segment ${name} refers to itself: change its conditions` }];
  });
}

/**
 * The segments that an experiment names, with their conditions as they are now. Null where it names none.
 *
 * @throws {RampartError} validation_failed: naming each that is not defined
 */
export function frozenSegments(names: readonly string[] = [], known: KnownSegments): FrozenSegments | null {
  if (names.length === 0) return null;
  const errors = segmentErrors(names, known);
  if (errors.length > 0) throw validationFailed(errors);
  const definitions = [...known.values()].map(({ segment_id, conditions }) => ({
    segment_id,
    conditions: JSON.stringify(conditions),
  }));
  return { names: [...names], definitions };
}

function groupsOf({ conditions }: Segment): string[] {
  return portableConditions(conditions).groups;
}
