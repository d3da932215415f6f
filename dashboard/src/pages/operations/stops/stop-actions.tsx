import { Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api, bodyOf, type idempotencyKey } from '../../../api/client.js';
import { NotConfirmed, Refused } from '../../../commands/not-confirmed.js';
import { useSending } from '../../../commands/use-sending.js';
import { useMay } from '../../../session/use-session.js';
import { ActionButton } from '../../../ui/action-button.js';
import { useNow } from '../../../ui/age.js';
import { Foot, Sheet } from '../../../ui/sheet.js';
import { countdown, missingIn, STOP_ACTIONS, type StopReport } from '../../../words/stop.js';

type Act = 'release' | 'force';

/** What can be done about a stop in force, and when. */
export function StopActions({ stop }: { stop: StopReport }) {
  const may = useMay('operate');
  const now = useNow();
  const [open, setOpen] = useState<Act | null>(null);
  const left = Date.parse(stop.force_from) - now;
  const notYours = may ? null : 'An operator or an admin may do this.';
  const hints = hintsOf(stop, left);
  return (
    <div className="stop-actions">
      <ActionButton why_not={notYours ?? releaseWhyNot(stop)} onClick={() => setOpen('release')}>
        Release
      </ActionButton>
      {stop.pending.length > 0 && (
        <ActionButton
          kind="danger"
          why_not={notYours ?? (left > 0 ? `Its workflows have ${countdown(left)} more.` : null)}
          onClick={() => setOpen('force')}
        >
          {left > 0 ? `Force, in ${countdown(left)}` : 'Force'}
        </ActionButton>
      )}
      <span className="hint">{hints}</span>
      {open !== null && <ActSheet act={open} stop={stop} onClose={() => setOpen(null)} />}
    </div>
  );
}

function releaseWhyNot({ pending }: StopReport): string | null {
  if (pending.length === 0) return null;
  return `Only once the store holds control for ${pending.length <= 2 ? pending.join(' and ') : `${pending.length} experiments`}: they would serve their arms again.`;
}

function hintsOf(stop: StopReport, left: number): string {
  if (stop.pending.length === 0) return `Release: ${STOP_ACTIONS.release}`;
  const when = left > 0 ? `, from ${clock.format(Date.parse(stop.force_from))}` : '';
  const why = releaseWhyNot(stop)!;
  return `Release: ${why[0]!.toLowerCase()}${why.slice(1)} Force${when}: ${STOP_ACTIONS.force(stop.pending)}`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function ActSheet({ act, stop, onClose }: { act: Act; stop: StopReport; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const { state, send } = useActing(act, stop.emergency_stop_id, onClose);
  const text = act === 'release' ? 'Release the fence' : 'End them by force';
  const isShort = act === 'force' && reason.trim() === '';
  return (
    <Sheet
      title={act === 'release' ? 'Release the emergency stop' : 'Force what is pending'}
      says={act === 'release' ? STOP_ACTIONS.release : STOP_ACTIONS.force(stop.pending)}
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind={act === 'release' ? 'primary' : 'danger solid'}
          why_not={
            state.is === 'sending'
              ? 'It was sent: waiting for the answer.'
              : isShort
                ? 'Give a reason.'
                : null
          }
          onDo={() => send({ reason: reason.trim() })}
        >
          {state.is === 'unconfirmed' ? 'Repeat' : text}
        </Foot>
      }
    >
      {act === 'release' && !stop.complete && (
        <p>
          <b>Still open:</b> {missingIn(stop)}.
        </p>
      )}
      {act === 'release' ? (
        <p className="muted">
          What was stopped stays over, and can be copied. What waits goes on as it was planned.
        </p>
      ) : (
        <p className="muted">
          <b>Cannot be undone.</b> The store is set to the control for them, and their workflows are ended.
        </p>
      )}
      <Textarea
        label="Reason"
        autosize
        minRows={1}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required={act === 'force'}
        data-autofocus
      />
      {state.is === 'unconfirmed' && <NotConfirmed problem={state.problem} />}
      {state.is === 'refused' && <Refused problem={state.problem} />}
    </Sheet>
  );
}

function useActing(act: Act, emergency_stop_id: string, onClose: () => void) {
  const queries = useQueryClient();
  const { state, go } = useSending(
    useCallback(
      async ({ reason }: { reason: string }, key: ReturnType<typeof idempotencyKey>) => {
        const params = { path: { emergency_stop_id }, header: key };
        if (act === 'force')
          await bodyOf(
            api.POST('/v1/emergency-stops/{emergency_stop_id}/force', { params, body: { reason } }),
          );
        else
          await bodyOf(
            api.POST('/v1/emergency-stops/{emergency_stop_id}/release', {
              params,
              body: reason === '' ? {} : { reason },
            }),
          );
        return true;
      },
      [act, emergency_stop_id],
    ),
  );
  const send = (body: { reason: string }): void => {
    void go(body).then((done) => {
      if (done) onClose();
      return queries.invalidateQueries({ queryKey: ['stops'] });
    });
  };
  return { state, send };
}
