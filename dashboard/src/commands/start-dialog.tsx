import { Radio, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api, bodyOf, type idempotencyKey, type Schemas } from '../api/client.js';
import { Icon } from '../ui/icon.js';
import { Back, Foot, Sheet } from '../ui/sheet.js';
import { ACTS } from '../words/commands.js';
import { asSentence } from '../words/format.js';
import { NotConfirmed, Refused } from './not-confirmed.js';
import { useSending } from './use-sending.js';

type Until = 'as_defined' | 'duration' | 'end_date';
interface StartBody {
  start_date?: string;
  end_date?: string;
  duration?: string;
}

interface Props {
  experiment: Schemas['Experiment'];
  onClose: () => void;
}

/** Starts a draft. What may keep it from being decided rightly is said once it has started. */
export function StartDialog({ experiment, onClose }: Props) {
  const { experiment_id, name, end_date } = experiment;
  const [until, setUntil] = useState<Until>(end_date === undefined ? 'duration' : 'as_defined');
  const [length, setLength] = useState('14d');
  const [end, setEnd] = useState('');
  const { state, start } = useStarting(experiment_id);
  const title = `${ACTS.start.text}: ${name ?? experiment_id}`;
  if (state.is === 'answered')
    return (
      <Sheet title={title} onClose={onClose} footer={<Back onClick={onClose}>Close</Back>}>
        <Started warnings={state.answer.warnings} />
      </Sheet>
    );
  const body = bodyIn(until, length, end);
  const errors = state.is === 'refused' ? (state.problem.errors ?? []) : [];
  const errorAt = (path: string): string | undefined => errors.find((one) => one.path === path)?.message;
  const isElsewhere = errors.every(({ path }) => path !== 'duration' && path !== 'end_date');
  return (
    <Sheet
      title={title}
      says={ACTS.start.says}
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind="primary"
          why_not={
            state.is === 'sending'
              ? 'It was sent: waiting for the answer.'
              : body
                ? null
                : 'Say how long it runs.'
          }
          onDo={() => body && start(body)}
        >
          {state.is === 'unconfirmed' ? 'Repeat' : 'Start the experiment'}
        </Foot>
      }
    >
      <Radio.Group label="How long it runs" value={until} onChange={(value) => setUntil(value)}>
        <div className="choices">
          {end_date !== undefined && <Radio value="as_defined" label="As its definition says" />}
          <Radio value="duration" label="For a duration" />
          <Radio value="end_date" label="Until a date" />
        </div>
      </Radio.Group>
      {until === 'duration' && (
        <TextInput
          label="Duration"
          description="Such as 7d, 36h or 30m."
          value={length}
          onChange={(event) => setLength(event.currentTarget.value)}
          error={errorAt('duration')}
          required
        />
      )}
      {until === 'end_date' && (
        <TextInput
          type="datetime-local"
          label="End, in your time zone"
          value={end}
          onChange={(event) => setEnd(event.currentTarget.value)}
          error={errorAt('end_date')}
          required
        />
      )}
      <p className="muted">
        From then on its definition cannot be changed. To end it early gives everybody the control.
      </p>
      {state.is === 'sending' && (
        <p className="muted" role="status">
          Starting. It is rehearsed, which takes some seconds…
        </p>
      )}
      {state.is === 'unconfirmed' && <NotConfirmed problem={state.problem} />}
      {state.is === 'refused' && isElsewhere && <Refused problem={state.problem} />}
    </Sheet>
  );
}

function useStarting(experiment_id: string) {
  const queries = useQueryClient();
  const send = useCallback(
    (body: StartBody, key: ReturnType<typeof idempotencyKey>) =>
      bodyOf(
        api.POST('/v1/experiments/{experiment_id}/start', {
          params: { path: { experiment_id }, header: key },
          body,
        }),
      ),
    [experiment_id],
  );
  const { state, go } = useSending(send);
  const start = (body: StartBody): void => {
    void go(body).then(() =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['experiment', experiment_id] }),
        queries.invalidateQueries({ queryKey: ['experiments'] }),
      ]),
    );
  };
  return { state, start };
}

function bodyIn(until: Until, length: string, end: string): StartBody | null {
  if (until === 'as_defined') return {};
  if (until === 'duration') return length.trim() === '' ? null : { duration: length.trim() };
  return Number.isNaN(Date.parse(end)) ? null : { end_date: new Date(end).toISOString() };
}

function Started({ warnings }: { warnings: readonly { code: string; text: string }[] }) {
  return (
    <ul className="effects" role="status">
      <li>
        <Icon name="check" className="muted" />
        <span>
          <b>Started.</b> {warnings.length === 0 && 'Nothing speaks against its plan.'}
        </span>
      </li>
      {warnings.map(({ code, text }) => (
        <li key={`${code} ${text}`}>
          <Icon name="warn" className="is-hold" />
          <span>{asSentence(text)}</span>
        </li>
      ))}
    </ul>
  );
}
