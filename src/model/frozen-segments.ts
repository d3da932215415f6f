/** An experiment has at most so many segments: with each one, harm takes more evidence to be proven. */
export const MOST_SEGMENTS = 8;

/**
 * The segments of an experiment as its start froze them. A later change of a segment does not change who is counted in
 * it.
 */
export interface FrozenSegments {
  /** In the order of the experiment's definition. */
  names: string[];
  /** Of these, and of every segment that they refer to, directly or through others. */
  definitions: FrozenDefinition[];
}

export interface FrozenDefinition {
  segment_id: string;
  /** As people wrote them, in JSON: their operators begin with a dollar sign, which fields of an update must not. */
  conditions: string;
}
