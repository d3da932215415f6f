import { useQuery } from '@tanstack/react-query';
import { segmentsQuery } from '../../api/flags.js';
import { ConditionBuilder } from '../../conditions/condition-builder.js';
import type { ControlsProps } from './json-form.js';

/** Who is in a segment, to be built; null where its conditions are not even an object. */
export function SegmentConditions({ value: segment, onChange }: ControlsProps) {
  const segments = useQuery(segmentsQuery).data ?? [];
  const { conditions = {}, segment_id } = segment;
  if (typeof conditions !== 'object' || conditions === null || Array.isArray(conditions)) return null;
  return (
    <div className="part">
      <h3 className="h2">Who is in it</h3>
      <ConditionBuilder
        label="Who is in it"
        conditions={conditions as Record<string, unknown>}
        onChange={(next) => onChange({ ...segment, conditions: next })}
        // A segment that refers to itself is refused.
        segments={segments.filter((name) => name !== segment_id)}
      />
      <p className="hint">
        18 is a number, &quot;18&quot; is text. targetingKey is the unit&apos;s id. Whatever is built here
        stands in the JSON below, and the other way round.
      </p>
    </div>
  );
}
