import { Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import type { idempotencyKey } from '../../../api/client.js';
import { excludeUnits } from '../../../api/people.js';
import { NotConfirmed, Refused } from '../../../commands/not-confirmed.js';
import { useSending } from '../../../commands/use-sending.js';
import { Foot, Sheet } from '../../../ui/sheet.js';
import { asSentence, count } from '../../../words/format.js';
import { lackOfUnits, unitErrorText, unitIdsIn } from './unit-ids.js';

interface Body {
  unit_ids: string[];
  reason: string;
}

/** Takes units out of the experiment, by id. */
export function ExcludeDialog({ experiment_id, onClose }: { experiment_id: string; onClose: () => void }) {
  const [text, setText] = useState('');
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const { state, go } = useSending(
    useCallback(
      (body: Body, key: ReturnType<typeof idempotencyKey>) => excludeUnits(experiment_id, body, key),
      [experiment_id],
    ),
  );
  const unit_ids = unitIdsIn(text);
  const send = async (): Promise<void> => {
    const made = await go({ unit_ids, reason: reason.trim() });
    if (made === null) return;
    await queries.invalidateQueries({ queryKey: ['experiment', experiment_id] });
    onClose();
  };
  const errors = state.is === 'refused' ? (state.problem.errors ?? []) : [];
  const unitError = unitErrorText(unit_ids, errors);
  const reasonError = errors.find(({ path }) => path === 'reason')?.message;
  const lack = lackOfUnits(unit_ids) ?? (reason.trim() === '' ? 'Give a reason.' : null);
  const many = unit_ids.length === 1 ? 'the unit' : `${count(unit_ids.length)} units`;
  return (
    <Sheet
      title="Exclude units"
      says="Control; never counted again."
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind="danger solid"
          why_not={state.is === 'sending' ? 'It was sent: waiting for the answer.' : lack}
          onDo={() => void send()}
        >
          {state.is === 'unconfirmed' ? 'Repeat' : `Exclude ${unit_ids.length === 0 ? 'units' : many}`}
        </Foot>
      }
    >
      <Textarea
        label="Ids of the units"
        description="One a line, as your own system names them."
        autosize
        minRows={2}
        maxRows={8}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={unitError}
        data-autofocus
        required
      />
      <TextInput
        label="Reason"
        description="It stands in the timeline and in the audit trail, which do not name the units."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={reasonError && asSentence(reasonError)}
        required
      />
      <p>
        They get the control from now on, and leave the analysis. <b>That cannot be undone:</b> an exclusion
        can be ended, and serves a unit its arm again, but what it did and will do counts no more.
      </p>
      {state.is === 'unconfirmed' && <NotConfirmed problem={state.problem} />}
      {state.is === 'refused' && unitError === undefined && reasonError === undefined && (
        <Refused problem={state.problem} />
      )}
    </Sheet>
  );
}
