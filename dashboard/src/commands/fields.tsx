import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import type { Schemas } from '../api/client.js';
import { percent } from '../words/format.js';
import { FIELD_OF, wantsReason, type Draft } from './draft.js';
import type { CommandName } from './offered.js';

interface Props {
  name: CommandName;
  experiment: Schemas['Experiment'];
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** What the API says of a field. */
  error: (field: string) => string | undefined;
}

/** What a command takes: a field of its own, and a reason. */
export function CommandFields({ name, experiment, draft, onChange, error }: Props) {
  const { coverage, variants, control, allocation, winner, state } = experiment;
  const field = FIELD_OF[name];
  const served = Object.keys(variants).filter((one) => one === control || one in allocation);
  const named = state === 'rolling_out' || state === 'watching' ? [winner ?? control] : served;
  const choices = name === 'drop' ? named.filter((one) => one !== control) : named;
  return (
    <>
      {field === 'coverage' && (
        <TextInput
          label="Share of people to enrol, in per cent"
          description={`${percent(coverage)} are enrolled now.`}
          inputMode="decimal"
          value={draft.coverage}
          onChange={(event) => onChange({ ...draft, coverage: event.currentTarget.value })}
          error={error('coverage')}
          data-autofocus
          required
        />
      )}
      {field === 'variant' && (
        <NativeSelect
          label="Arm"
          value={draft.variant}
          data={[
            { value: '', label: 'Choose an arm' },
            ...choices.map((one) => ({ value: one, label: one === control ? `${one} (control)` : one })),
          ]}
          onChange={(event) => onChange({ ...draft, variant: event.currentTarget.value })}
          error={error('variant')}
          data-autofocus
          required
        />
      )}
      {field === 'end' && (
        <TextInput
          type="datetime-local"
          label="New end, in your time zone"
          value={draft.end}
          onChange={(event) => onChange({ ...draft, end: event.currentTarget.value })}
          error={error('end_date')}
          data-autofocus
          required
        />
      )}
      <Textarea
        label="Reason"
        description="It stands in the timeline and in the audit trail."
        autosize
        minRows={1}
        maxRows={6}
        value={draft.reason}
        onChange={(event) => onChange({ ...draft, reason: event.currentTarget.value })}
        error={error('reason')}
        required={wantsReason(name)}
        {...(field === undefined && { 'data-autofocus': true })}
      />
    </>
  );
}
