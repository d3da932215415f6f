import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ApiError, type Schemas } from '../api/client.js';
import { experimentQuery } from '../api/queries.js';
import { Back, Foot, Sheet } from '../ui/sheet.js';
import { ACTS, verbOf } from '../words/commands.js';
import { asSentence } from '../words/format.js';
import { giveCommand, type CommandBody } from './calls.js';
import { bodyIn, EMPTY, lackOf, previewBody, type Draft } from './draft.js';
import { CommandFields } from './fields.js';
import { NotConfirmed, Refused } from './not-confirmed.js';
import type { CommandName } from './offered.js';
import { Outcome } from './outcome.js';
import { mayAsk, usePreview } from './use-preview.js';
import { useSending } from './use-sending.js';
import { refusalIn, What, type Previewed } from './what.js';

interface Props {
  experiment: Schemas['Experiment'];
  name: CommandName;
  onClose: () => void;
}

/** One command: what it takes, what it would do, and then what became of it. */
export function CommandDialog({ experiment, name, onClose }: Props) {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const { state, give } = useGiving(experiment.experiment_id, name);
  const body = previewBody(name, draft);
  const preview = usePreview(experiment.experiment_id, name, body, mayAsk(state));
  const title = `${ACTS[name].text}: ${experiment.name ?? experiment.experiment_id}`;
  if (state.is === 'answered') {
    return (
      <Sheet title={title} onClose={onClose} footer={<Back onClick={onClose}>Close</Back>}>
        <Outcome experiment_id={experiment.experiment_id} reply={state.answer} />
      </Sheet>
    );
  }
  const isUnconfirmed = state.is === 'unconfirmed';
  return (
    <Sheet
      title={title}
      says={ACTS[name].says}
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind={HARSH.includes(name) ? 'danger solid' : 'primary'}
          why_not={
            state.is === 'sending'
              ? 'It was sent: waiting for the answer.'
              : isUnconfirmed
                ? null
                : whyNot(name, draft, preview)
          }
          onDo={() => give(draft)}
        >
          {isUnconfirmed ? 'Repeat' : verb(experiment, name, draft, preview.data)}
        </Foot>
      }
    >
      {isUnconfirmed ? (
        <NotConfirmed problem={state.problem} />
      ) : (
        <>
          <CommandFields
            {...{ name, experiment, draft }}
            onChange={setDraft}
            error={(field) => errorOf(state, preview.error, field)}
          />
          <What preview={preview} />
        </>
      )}
      {state.is === 'refused' && state.problem.errors === undefined && <Refused problem={state.problem} />}
    </Sheet>
  );
}

/** What takes something away for good. */
const HARSH: readonly CommandName[] = ['stop', 'reject', 'drop'];

function useGiving(experiment_id: string, name: CommandName) {
  const queries = useQueryClient();
  const send = useCallback(
    (body: CommandBody, key: Parameters<typeof giveCommand>[3]) =>
      giveCommand(experiment_id, name, body, key),
    [experiment_id, name],
  );
  const { state, go } = useSending(send);
  const give = (draft: Draft): void => {
    const body = bodyIn(name, draft);
    if (body === null) return;
    void go(body).then((reply) => {
      // What the server answered is what is so; the rest of the page asks for itself.
      if (reply?.is === 'taken')
        queries.setQueryData(experimentQuery(experiment_id).queryKey, reply.experiment);
      return queries.invalidateQueries({ queryKey: ['experiment', experiment_id] });
    });
  };
  return { state, give };
}

/** Why the command cannot be given now. Where nobody can say what it would do, that keeps nobody from it. */
function whyNot(name: CommandName, draft: Draft, preview: Previewed): string | null {
  const lack = lackOf(name, draft) ?? refusalIn(preview);
  if (lack !== null) return lack;
  // What only takes risk away does not wait for an answer.
  if (name === 'stop' || name === 'pause') return null;
  return preview.data === undefined && preview.isFetching ? 'What it would do is being worked out.' : null;
}

function errorOf(
  state: ReturnType<typeof useGiving>['state'],
  previewError: Error | null,
  field: string,
): string | undefined {
  const sent = state.is === 'refused' ? (state.problem.errors ?? []) : [];
  const previewed = previewError instanceof ApiError ? (previewError.problem.errors ?? []) : [];
  const found = [...sent, ...previewed].find(({ path }) => path === field);
  return found && asSentence(found.message);
}

function verb(
  { state, control, winner, coverage }: Schemas['Experiment'],
  name: CommandName,
  draft: Draft,
  preview: Schemas['Preview'] | undefined,
): string {
  return verbOf(name, {
    ...{ state, control, winner, from: coverage, variant: draft.variant },
    coverage: draft.coverage.trim() === '' ? NaN : Number(draft.coverage),
    after: preview?.allowed ? preview.after.coverage : null,
  });
}
