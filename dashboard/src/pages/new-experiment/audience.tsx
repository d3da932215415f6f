import { MultiSelect, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MOST_SEGMENTS } from '../../../../src/model/frozen-segments.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Card } from '../../ui/card.js';
import { count } from '../../words/format.js';
import { segmentsQuery } from '../../api/flags.js';
import type { Validation } from './choices.js';
import { useWhyNot } from '../library/use-why-not.js';
import type { FormState } from './form-state.js';
import { NewSegment } from './new-segment.js';

/** Who can be in it. */
export function Audience({ form, change, errorOf, traffic }: FormState & { traffic: Validation['traffic'] }) {
  const segments = useQuery(segmentsQuery).data ?? [];
  const may = useMay('define');
  const why_not = useWhyNot();
  const [isNew, setIsNew] = useState(false);
  return (
    <Card title="For whom">
      <div className="fields">
        <div className="two">
          <TagsInput
            label="Any of these segments"
            placeholder={form.include.length === 0 ? 'Everybody' : undefined}
            data={segments}
            value={form.include}
            onChange={(include) => change('include', { include })}
            error={errorOf('include')}
            acceptValueOnBlur
          />
          <TagsInput
            label="None of these"
            placeholder={form.exclude.length === 0 ? 'Nobody is left out' : undefined}
            data={segments}
            value={form.exclude}
            onChange={(exclude) => change('exclude', { exclude })}
            error={errorOf('exclude')}
            acceptValueOnBlur
          />
        </div>
        {may && (
          <p>
            <ActionButton why_not={why_not} onClick={() => setIsNew(true)}>
              New segment…
            </ActionButton>
          </p>
        )}
        {isNew && (
          <NewSegment
            onCreated={(segment_id) => change('include', { include: [...form.include, segment_id] })}
            onClose={() => setIsNew(false)}
          />
        )}
        <p className="hint">
          Segments that are defined here, and those that your services name when they ask.{' '}
          {traffic &&
            `About ${count(traffic.units_per_day)} a day came for the same audience lately, in ${traffic.source.experiment_id}.`}
        </p>
        <MultiSelect
          label="Look for harm in these segments, too"
          description="At most 8, frozen at the start. Harm to one of them rolls back; with each, harm takes more evidence to be proven"
          placeholder={form.segments.length === 0 ? 'In all together only' : undefined}
          data={[...new Set([...segments, ...form.segments])]}
          value={form.segments}
          onChange={(chosen) => change('segments', { segments: chosen })}
          error={errorOf('segments')}
          maxValues={MOST_SEGMENTS}
          searchable
          nothingFoundMessage="No such segment is defined"
        />
        <div className="two">
          <TextInput
            label="People at most"
            description="The sample after which it decides; may be left out"
            value={form.sample_size}
            onChange={(event) => change('sample_size', { sample_size: event.currentTarget.value })}
            error={errorOf('sample_size')}
            inputMode="numeric"
            placeholder="As many as come"
          />
        </div>
      </div>
    </Card>
  );
}
