import { segmentSchema, type Segment } from '../model/flag.js';
import type { Conditions } from './conditions.js';
import { Unsupported } from './fields.js';
import type { Ids } from './ids.js';
import type { Ledger } from './ledger.js';

/** A group of units of another system; `conditions` throws `Unsupported` where it can not be carried over. */
export interface Group {
  key: string;
  path: string;
  description?: string | undefined;
  conditions: () => Conditions;
}

/** Their groups as our segments: each converted once, after those that it refers to. */
export class Shelf {
  readonly segments: Segment[] = [];
  private readonly groups: Map<string, Group>;
  private readonly state = new Map<string, 'under way' | 'done' | 'lost'>();

  constructor(
    groups: readonly Group[],
    private readonly ids: Ids,
    private readonly ledger: Ledger,
  ) {
    this.groups = new Map(groups.map((group) => [group.key, group]));
  }

  /** Membership of a group. @throws {Unsupported} where there is no such segment here */
  member(key: string): Conditions {
    const id = this.ids.of(key);
    if (!this.groups.has(key) || id === undefined) throw new Unsupported(`there is no segment ${key}`);
    if (this.state.get(key) === 'under way') throw new Unsupported(`the segment ${key} refers to itself`);
    this.convert(this.groups.get(key)!);
    if (this.state.get(key) === 'lost')
      throw new Unsupported(`it rests on the segment ${key}, which is lost`);
    return { $inGroup: id };
  }

  /** All segments, those that no flag refers to as well. */
  all(): Segment[] {
    for (const group of this.groups.values()) this.convert(group);
    return this.segments;
  }

  private convert({ key, path, description, conditions }: Group): void {
    if (this.state.has(key)) return;
    this.state.set(key, 'under way');
    const lost = (why: string): void => {
      this.state.set(key, 'lost');
      this.ledger.lost(path, `the segment is left out: ${why}`);
    };
    try {
      const segment = {
        segment_id: this.ids.of(key)!,
        ...(description && { description }),
        conditions: conditions(),
      };
      const checked = segmentSchema.safeParse(segment);
      if (!checked.success) return lost(checked.error.issues.map(({ message }) => message).join('; '));
      this.segments.push(segment);
      this.state.set(key, 'done');
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      lost(error.message);
    }
  }
}
