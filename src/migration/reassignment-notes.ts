/** Noted for every split: the other system's hash differs from ours, so a unit may get another variant. */
export const REASSIGNED = 'the shares stay the same, but units are reassigned';

/** For a split that was hashed by something other than the unit's id. */
export function reassignedFrom(attribute: string): string {
  return `${REASSIGNED}, by targetingKey instead of ${attribute}`;
}
