import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keyringQuery, rotateKeyring, type Keyring } from '../../../api/privacy.js';
import { ActionButton } from '../../../ui/action-button.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Confirm } from '../../../ui/confirm.js';
import { Pill } from '../../../ui/pill.js';
import { Strip } from '../../../ui/strip.js';
import { Time } from '../../../ui/age.js';
import { count } from '../../../words/format.js';
import { KEY_STATES } from '../../../words/privacy.js';

/** The keys that seal ids of units and other stored secrets, and a new one. */
export function KeyringCard() {
  const query = useQuery(keyringQuery);
  const queries = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  return (
    <Card
      title="Sealing keys"
      tools={<ActionButton onClick={() => setIsAsked(true)}>New sealing key…</ActionButton>}
      flush
    >
      <Answer query={query} what="the sealing keys">
        {(ring) => (
          <>
            <Unreadable ring={ring} />
            <KeyTable keys={ring.keys} />
          </>
        )}
      </Answer>
      {isAsked && (
        <Confirm
          title="Seal with a new key?"
          verb="Seal with a new key"
          kind="primary"
          unanswered="Look at the list of keys before you repeat it."
          onConfirm={async () => {
            await rotateKeyring();
            await queries.invalidateQueries({ queryKey: keyringQuery.queryKey });
          }}
          onClose={() => setIsAsked(false)}
        >
          <p>
            From now on every process seals with the new key, and so are payloads in Temporal encrypted. What
            was sealed before stays readable; it is sealed anew in small steps, while everything runs. These
            keys have nothing to do with API keys.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function Unreadable({ ring: { round } }: { ring: Keyring }) {
  if (round === null || round.unreadable === 0) return null;
  return (
    <Strip tone="hold" icon="warn">
      <b>
        {count(round.unreadable)} sealed {round.unreadable === 1 ? 'field' : 'fields'} cannot be opened
      </b>
      : damaged, or sealed under another RAMPART_SECRET. Their key is not retired; the log names them.
    </Strip>
  );
}

function KeyTable({ keys }: { keys: Keyring['keys'] }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">State</th>
          <th scope="col">Made</th>
        </tr>
      </thead>
      <tbody>
        {[...keys].reverse().map(({ key_id, state, created_at, created_by, retired_at }) => (
          <tr key={key_id}>
            <td>
              <b>{key_id}</b>
            </td>
            <td data-l="State">
              <div>
                <Pill tone={KEY_STATES[state].tone} icon={state === 'current' ? 'lock' : 'clock'}>
                  {KEY_STATES[state].text}
                </Pill>
              </div>
              <span className="sub">
                {KEY_STATES[state].means}
                {retired_at !== null && (
                  <>
                    {' '}
                    Since <Time at={retired_at} />.
                  </>
                )}
              </span>
            </td>
            <td data-l="Made">
              <Time at={created_at} />
              <span className="sub">by {created_by}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
