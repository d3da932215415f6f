import { segmentSchema, type Segment } from '../model/flag.js';
import type { Conditions } from './build-conditions.js';
import type { IdMapping } from './id-mapping.js';
import type { Ledger } from './ledger.js';
import { Unsupported, whyLost } from './migration-errors.js';
import type { Lost } from './read-each.js';
import { whyRefused } from './why-refused.js';

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

  /** @param unreadable segments of which the document does not say who is in them */
  constructor(
    sources: readonly SourceSegment[],
    unreadable: readonly Lost[],
    private readonly ids: IdMapping,
    private readonly ledger: Ledger,
  ) {
    this.sources = new Map(sources.map((source) => [source.key, source]));
    for (const { path, key, lost } of unreadable) {
      if (key !== undefined && !this.sources.has(key)) this.state.set(key, 'lost');
      this.lose(path, lost, key);
    }
  }

  /** The condition that a unit is in the segment. @throws {Unsupported} where there is no such segment here */
  membership(key: string): Conditions {
    const source = this.sources.get(key);
    if (this.state.get(key) === 'in progress') throw new Unsupported(`the segment ${key} refers to itself`);
    if (source) this.convert(source);
    if (this.state.get(key) === 'lost')
      throw new Unsupported(`it depends on the segment ${key}, which is left out`);
    if (!source) throw new Unsupported(`there is no segment ${key}`);
    return { $inGroup: this.ids.of(key)! };
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
      this.lose(path, why, key);
    };
    try {
      const segment = {
        segment_id: this.ids.of(key)!,
        ...(description && { description }),
        conditions: conditions(),
      };
      const refused = whyRefused(segmentSchema, segment);
      if (refused !== null) return lose(refused);
      this.converted.push(segment);
      this.state.set(key, 'done');
    } catch (error) {
      lose(whyLost(error));
    }
  }

  private lose(path: string, why: string, name: string | undefined): void {
    this.ledger.lost(path, `the segment is left out: ${why}`, name);
  }
}
