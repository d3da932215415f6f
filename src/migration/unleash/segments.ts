import type { Fields } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import type { SourceSegment } from '../segment-import.js';
import { constraintsOf } from './constraints.js';
import { IGNORED } from './ignored-fields.js';

/** Unleash refers to a segment by a number, its key; people know it by its name. */
export interface NamedSegment extends SourceSegment {
  name: string;
}

export function readSegment(segment: Fields, key: string): NamedSegment {
  const name = segment.string('name') ?? `segment-${key}`;
  const description = segment.string('description');
  const hasConstraints = segment.has('constraints');
  return {
    key,
    name,
    path: segment.path,
    description,
    conditions: () => {
      const { conditions, schedule } = constraintsOf(segment);
      segment.close(IGNORED.segment);
      if (!hasConstraints) {
        throw new Unsupported(
          'the document does not have its constraints: add them from GET /api/admin/segments',
        );
      }
      if (schedule) throw new Unsupported('a segment cannot depend on the time');
      return conditions;
    },
  };
}

/** Makes the ids of segments from their names. */
export class SegmentIdMapping extends IdMapping {
  private readonly names: ReadonlyMap<string, string>;

  constructor(segments: readonly NamedSegment[], ledger: Ledger) {
    const names = new Map<string, string>();
    for (const { key, name } of segments)
      names.set(key, [...names.values()].includes(name) ? `${name}-${key}` : name);
    super(
      names.values(),
      'segments',
      ledger,
      (name) => segments.find(({ key }) => names.get(key) === name)!.path,
    );
    this.names = names;
  }

  override of(key: string): string | undefined {
    const name = this.names.get(key);
    return name === undefined ? undefined : super.of(name);
  }
}
