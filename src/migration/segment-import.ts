import { segmentSchema, type Segment } from '../model/flag.js';
import type { Conditions } from './build-conditions.js';
import type { IdMapping } from './id-mapping.js';
import type { Ledger } from './ledger.js';
import { Unsupported } from './migration-errors.js';

/** A segment (saved group, evaluator) of another system. */
export interface SourceSegment {
  key: string;
  path: string;
  description?: string | undefined;
  /** Who is in it. @throws {Unsupported} where our conditions cannot say that */
  conditions: () => Conditions;
}

/** Converts their segments to ours: each once, after those that it refers to. */
export class SegmentImport {
  private readonly converted: Segment[] = [];
  private readonly sources: ReadonlyMap<string, SourceSegment>;
  private readonly state = new Map<string, 'in progress' | 'done' | 'lost'>();

  constructor(
    sources: readonly SourceSegment[],
    private readonly ids: IdMapping,
    private readonly ledger: Ledger,
  ) {
    this.sources = new Map(sources.map((source) => [source.key, source]));
  }

  /** The condition that a unit is in the segment. @throws {Unsupported} where there is no such segment here */
  membership(key: string): Conditions {
    const id = this.ids.of(key);
    if (!this.sources.has(key) || id === undefined) throw new Unsupported(`there is no segment ${key}`);
    if (this.state.get(key) === 'in progress') throw new Unsupported(`the segment ${key} refers to itself`);
    this.convert(this.sources.get(key)!);
    if (this.state.get(key) === 'lost')
      throw new Unsupported(`it depends on the segment ${key}, which is left out`);
    return { $inGroup: id };
  }

  /** All segments, including those that no flag refers to. */
  all(): Segment[] {
    for (const source of this.sources.values()) this.convert(source);
    return this.converted;
  }

  private convert({ key, path, description, conditions }: SourceSegment): void {
    if (this.state.has(key)) return;
    this.state.set(key, 'in progress');
    const lose = (why: string): void => {
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
      if (!checked.success) return lose(checked.error.issues.map(({ message }) => message).join('; '));
      this.converted.push(segment);
      this.state.set(key, 'done');
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      lose(error.message);
    }
  }
}
