import { compileCondition, listed, type Condition } from './condition.js';
import type { Conditions } from './document.js';

/** Conditions of segments by name. */
type SegmentConditions = Readonly<Record<string, Conditions>>;

interface CompiledSegment {
  condition: Condition;
  /** The names of the segments that it refers to, directly or through others. */
  uses: ReadonlySet<string>;
}

/** The segments of a document, each compiled when it is first asked for, because they may refer to one another. */
export class SegmentTable {
  private readonly compiled = new Map<string, CompiledSegment>();
  /** The segments whose compilation is under way. */
  private readonly compiling = new Set<string>();
  private readonly changed = new Map<string, boolean>();

  private readonly formerDefinitions: SegmentConditions;

  /** @param former the table of the former document, with which `areUnchanged` compares */
  constructor(
    private readonly definitions: SegmentConditions,
    former: SegmentTable | null,
  ) {
    this.formerDefinitions = former?.definitions ?? {};
  }

  /**
   * The condition of a segment.
   *
   * @param uses its name is added to these, and the names of all segments that it refers to
   * @throws {TypeError} on a cycle
   */
  use(name: string, uses: Set<string>): Condition {
    uses.add(name);
    const segment = this.compile(name);
    for (const other of segment.uses) uses.add(other);
    return segment.condition;
  }

  /** Whether the former document had the same definitions of these. */
  areUnchanged(names: ReadonlySet<string>): boolean {
    for (const name of names) if (this.isChanged(name)) return false;
    return true;
  }

  private isChanged(name: string): boolean {
    const known = this.changed.get(name);
    if (known !== undefined) return known;
    const changed = definitionIn(this.definitions, name) !== definitionIn(this.formerDefinitions, name);
    this.changed.set(name, changed);
    return changed;
  }

  private compile(name: string): CompiledSegment {
    const known = this.compiled.get(name);
    if (known) return known;
    if (this.compiling.has(name)) throw new TypeError(`segment ${name} refers to itself`);
    this.compiling.add(name);
    try {
      const uses = new Set<string>();
      const conditions = definitionIn(this.definitions, name);
      const condition = conditions
        ? compileCondition(conditions, (other) => this.use(other, uses))
        : listed(name);
      const segment = { condition, uses };
      this.compiled.set(name, segment);
      return segment;
    } finally {
      this.compiling.delete(name);
    }
  }
}

function definitionIn(definitions: SegmentConditions, name: string): Conditions | undefined {
  return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}
