import { useQueryClient } from '@tanstack/react-query';
import { Sheet } from '../../ui/sheet.js';
import { createItem } from '../library/create-item.js';
import { JsonForm } from '../library/json-form.js';
import { KINDS } from '../library/kinds.js';
import { SegmentConditions } from '../library/segment-conditions.js';

interface Props {
  /** The id of the segment that was created. */
  onCreated: (segment_id: string) => void;
  onClose: () => void;
}

/** Creates a segment without leaving the form. */
export function NewSegment({ onCreated, onClose }: Props) {
  const queries = useQueryClient();

  async function save(value: Record<string, unknown>): Promise<void> {
    const segment_id = await createItem('segments', value);
    await queries.invalidateQueries({ queryKey: ['definitions', 'segments'] });
    onCreated(segment_id);
    onClose();
  }

  return (
    <Sheet
      title="A new segment"
      says="It is stored at once, for every experiment and flag that will name it."
      onClose={onClose}
    >
      <JsonForm
        label="Definition, as JSON"
        hint="The example is a beginning: change its id and its conditions."
        initial={KINDS.segments.example}
        save="Create the segment"
        controls={(segment, change) => <SegmentConditions segment={segment} onChange={change} />}
        onSave={save}
        onCancel={onClose}
      />
    </Sheet>
  );
}
