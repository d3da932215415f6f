import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api, ApiError, type Schemas } from '../api/client.js';
import { Foot, Sheet } from '../ui/sheet.js';
import { ACTS } from '../words/commands.js';
import { NotConfirmed, Refused } from './not-confirmed.js';
import { useSending } from './use-sending.js';

/** Deletes a draft, in which nobody ever was. */
export function DeleteDialog({
  experiment,
  onClose,
}: {
  experiment: Schemas['Experiment'];
  onClose: () => void;
}) {
  const { experiment_id, name } = experiment;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { state, go } = useSending(useCallback(() => deleteDraft(experiment_id), [experiment_id]));
  const send = async (): Promise<void> => {
    if (!(await go({}))) return;
    onClose();
    await navigate({ to: '/experiments' });
    queries.removeQueries({ queryKey: ['experiment', experiment_id] });
    void queries.invalidateQueries({ queryKey: ['experiments'] });
  };
  return (
    <Sheet
      title={`${ACTS.delete.text}: ${name ?? experiment_id}`}
      says={ACTS.delete.says}
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind="danger solid"
          why_not={state.is === 'sending' ? 'It was sent: waiting for the answer.' : null}
          onDo={() => void send()}
        >
          {state.is === 'unconfirmed' ? 'Repeat' : 'Delete the draft'}
        </Foot>
      }
    >
      <p>
        <b>Cannot be undone.</b> Export its definition first if somebody may want it again.
      </p>
      {state.is === 'unconfirmed' && <NotConfirmed problem={state.problem} />}
      {state.is === 'refused' && <Refused problem={state.problem} />}
    </Sheet>
  );
}

/** A DELETE takes no key: what is gone already was deleted. */
async function deleteDraft(experiment_id: string): Promise<true> {
  try {
    await api.DELETE('/v1/experiments/{experiment_id}', { params: { path: { experiment_id } } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
  }
  return true;
}
