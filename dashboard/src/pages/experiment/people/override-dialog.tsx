import { NativeSelect, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, type Schemas } from '../../../api/client.js';
import { overrideUnit } from '../../../api/people.js';
import { Confirm } from '../../../ui/confirm.js';
import { asSentence } from '../../../words/format.js';

interface Props {
  experiment: Schemas['Experiment'];
  onClose: () => void;
}

/** Gives one unit an arm, to look at it. */
export function OverrideDialog({ experiment, onClose }: Props) {
  const { experiment_id, variants, control } = experiment;
  const [unit_id, setUnitId] = useState('');
  const [variant, setVariant] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const queries = useQueryClient();

  async function confirmed(): Promise<void> {
    setWrong(null);
    try {
      await overrideUnit(experiment_id, unit_id.trim(), variant);
    } catch (error) {
      if (error instanceof ApiError && error.problem.errors?.[0])
        setWrong(asSentence(error.problem.errors[0].message));
      throw error;
    }
    await queries.invalidateQueries({ queryKey: ['experiment', experiment_id] });
  }

  const lack = unit_id.trim() === '' ? 'Write the id of the unit.' : variant === '' ? 'Choose an arm.' : null;
  return (
    <Confirm
      title="Give a unit an arm"
      verb={variant === '' ? 'Give it the arm' : `Give it ${variant}`}
      kind="primary"
      why_not={lack}
      unanswered="To repeat it is safe."
      onConfirm={confirmed}
      onClose={onClose}
    >
      <TextInput
        label="Id of the unit"
        description="As your own system names it."
        autoComplete="off"
        spellCheck={false}
        value={unit_id}
        onChange={(event) => setUnitId(event.currentTarget.value)}
        error={wrong}
        data-autofocus
        required
      />
      <NativeSelect
        label="Arm"
        value={variant}
        data={[
          { value: '', label: 'Choose an arm' },
          ...Object.keys(variants).map((one) => ({
            value: one,
            label: one === control ? `${one} (control)` : one,
          })),
        ]}
        onChange={(event) => setVariant(event.currentTarget.value)}
        required
      />
      <p>
        It gets this arm whatever its slot, to look at it. <b>It is never counted again</b>, also once the
        override has ended.
      </p>
    </Confirm>
  );
}
