import { Radio, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api, ApiError, bodyOf, type idempotencyKey, type Schemas } from '../api/client.js';
import type { paths } from '../api/schema.js';
import { Icon } from '../ui/icon.js';
import { Back, Foot, Sheet } from '../ui/sheet.js';
import { ACTS } from '../words/commands.js';
import { asSentence } from '../words/format.js';
import type { StartBody } from './calls.js';
import { NotConfirmed, Refused } from './not-confirmed.js';
import { usePreview } from './use-preview.js';
import { useSending } from './use-sending.js';
import { refusalIn, What, type Previewed } from './what.js';

type StartedBody =
  paths['/v1/experiments/{experiment_id}/start']['post']['responses'][202]['content']['application/json'];
type Until = 'as_defined' | 'duration' | 'end_date';

interface Props {
  experiment: Schemas['Experiment'];
  onClose: () => void;
}

/**
 * Starts a draft, with what that would do. What only its rehearsal says of the plan is said once it has started: that takes
 * seconds.
 */
export function StartDialog({ experiment, onClose }: Props) {
  const { experiment_id, name, end_date } = experiment;
  const [until, setUntil] = useState<Until>(end_date === undefined ? 'duration' : 'as_defined');
  const [length, setLength] = useState('14d');
  const [end, setEnd] = useState('');
  const { state, start } = useStarting(experiment_id);
  const body = bodyIn(until, length, end);
  const preview = usePreview(experiment_id, 'start', body, state.is === 'idle' || state.is === 'refused');
  const title = `${ACTS.start.text}: ${name ?? experiment_id}`;
  if (state.is === 'answered')
    return (
      <Sheet title={title} onClose={onClose} footer={<Back onClick={onClose}>Close</Back>}>
        <Started warnings={state.answer.warnings} />
      </Sheet>
    );
  const errors = [
    ...(state.is === 'refused' ? (state.problem.errors ?? []) : []),
    ...errorsOf(preview.error),
  ];
  const errorAt = (path: string): string | undefined => {
    const found = errors.find((one) => one.path === path);
    return found && asSentence(found.message);
  };
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
              : state.is === 'unconfirmed'
                ? null
                : whyNot(body, preview)
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
      <What preview={preview} />
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
    async (body: StartBody, header: ReturnType<typeof idempotencyKey>) => {
      const params = { path: { experiment_id }, header };
      // Without `preview` it is what was started.
      return (await bodyOf(
        api.POST('/v1/experiments/{experiment_id}/start', { params, body }),
      )) as StartedBody;
    },
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

function whyNot(body: StartBody | null, preview: Previewed): string | null {
  if (body === null) return 'Say how long it runs.';
  const refusal = refusalIn(preview);
  if (refusal !== null) return refusal;
  return preview.data === undefined && preview.isFetching ? 'What it would do is being worked out.' : null;
}

function errorsOf(error: Error | null): { path: string; message: string }[] {
  return error instanceof ApiError ? (error.problem.errors ?? []) : [];
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
