import type { Segment } from '../../model/flag.js';
import type { Json } from '../../model/json.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { memberPath } from '../source-path.js';
import { logicOf, NO_LISTS } from './conditions-to-jsonlogic.js';

/**
 * Segments as the shared evaluators of a flag file. flagd replaces references one after the other, so an evaluator stands
 * before those that it refers to.
 */
export class SegmentEvaluators {
  private readonly evaluators = new Map<string, Json | Unsupported>();
  private readonly segments: ReadonlyMap<string, Segment>;

  constructor(
    segments: readonly Segment[],
    private readonly ledger: Ledger,
  ) {
    this.segments = new Map(segments.map((segment) => [segment.segment_id, segment]));
  }

  /** Membership of a segment. @throws {Unsupported} where JsonLogic cannot express the segment */
  readonly reference = (name: string): Json => {
    const segment = this.segments.get(name);
    // A segment without a definition: the context lists those that the unit is in.
    if (!segment) return { in: [name, { var: 'segments' }] };
    const evaluator = this.evaluators.get(name) ?? this.add(segment);
    if (evaluator instanceof Unsupported)
      throw new Unsupported(`it depends on the segment ${name}, which is left out`);
    return { $ref: name };
  };

  all(): Record<string, Json> {
    for (const segment of this.segments.values())
      if (!this.evaluators.has(segment.segment_id)) this.add(segment);
    const supported = [...this.evaluators].filter(
      (entry): entry is [string, Json] => !(entry[1] instanceof Unsupported),
    );
    // Those made last refer to those made before them.
    return Object.fromEntries(supported.reverse());
  }

  private add({ segment_id, description, conditions }: Segment): Json | Unsupported {
    const path = memberPath('segments', segment_id);
    const evaluator = this.evaluatorOf(segment_id, conditions);
    if (evaluator instanceof Unsupported)
      this.ledger.lost(path, `the segment is left out: ${evaluator.message}`);
    else if (description)
      this.ledger.lost(memberPath(path, 'description'), 'evaluators have no descriptions');
    this.evaluators.set(segment_id, evaluator);
    return evaluator;
  }

  private evaluatorOf(name: string, conditions: Json): Json | Unsupported {
    try {
      const logic = logicOf(conditions, this.reference, (message) =>
        noteDifference(this.ledger, memberPath('segments', name), message),
      );
      // flagd requires an evaluator to be an object.
      return typeof logic === 'boolean' ? { '!!': [logic] } : logic;
    } catch (error) {
      if (error instanceof Unsupported) return error;
      throw error;
    }
  }
}

/** A difference that concerns every equality is noted once, for the whole document. */
export function noteDifference(ledger: Ledger, path: string, message: string): void {
  ledger.changed(message === NO_LISTS ? '' : path, message);
}
