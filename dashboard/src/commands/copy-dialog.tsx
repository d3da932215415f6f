import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { api, bodyOf, type idempotencyKey, type Schemas } from '../api/client.js';
import { Foot, Sheet } from '../ui/sheet.js';
import { ACTS } from '../words/commands.js';
import { NotConfirmed, Refused } from './not-confirmed.js';
import { useSending } from './use-sending.js';

/** Makes a draft of the same definition, and opens it. */
export function CopyDialog({
  experiment,
  onClose,
}: {
  experiment: Schemas['Experiment'];
  onClose: () => void;
}) {
  const { experiment_id, name } = experiment;
  const [copy, setCopy] = useState(`${experiment_id}_2`);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { state, go } = useSending(
    useCallback(
      (body: { experiment_id: string }, key: ReturnType<typeof idempotencyKey>) =>
        bodyOf(
          api.POST('/v1/experiments/{experiment_id}/copy', {
            params: { path: { experiment_id }, header: key },
            body,
          }),
        ),
      [experiment_id],
    ),
  );
  const send = async (): Promise<void> => {
    const made = await go({ experiment_id: copy.trim() });
    if (!made) return;
    void queries.invalidateQueries({ queryKey: ['experiments'] });
    onClose();
    await navigate({
      to: '/experiments/$experiment_id/overview',
      params: { experiment_id: made.experiment_id },
    });
  };
  const error = state.is === 'refused' ? state.problem.errors?.[0]?.message : undefined;
  return (
    <Sheet
      title={`${ACTS.copy.text}: ${name ?? experiment_id}`}
      says={ACTS.copy.says}
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind="primary"
          why_not={
            state.is === 'sending'
              ? 'It was sent: waiting for the answer.'
              : copy.trim() === ''
                ? 'Give it an id.'
                : null
          }
          onDo={() => void send()}
        >
          {state.is === 'unconfirmed' ? 'Repeat' : 'Make the draft'}
        </Foot>
      }
    >
      <TextInput
        label="Id of the copy"
        description="It stays for ever. Its own flag has the same id, unless the definition names another."
        value={copy}
        onChange={(event) => setCopy(event.currentTarget.value)}
        error={error}
        data-autofocus
        required
      />
      {state.is === 'unconfirmed' && <NotConfirmed problem={state.problem} />}
      {state.is === 'refused' && error === undefined && <Refused problem={state.problem} />}
    </Sheet>
  );
}
