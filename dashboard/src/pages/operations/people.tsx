import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { endSessions, peopleQuery, type Person } from '../../api/administration.js';
import { useSession } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Time } from '../../ui/age.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Confirm } from '../../ui/confirm.js';
import { Empty } from '../../ui/empty.js';
import { ROLES } from '../../words/roles.js';

/** Who has signed in by the identity provider, and the end of their sessions. */
export function People() {
  const query = useQuery(peopleQuery);
  return (
    <Card title="People who sign in by the identity provider" flush>
      <Answer query={query} what="the people">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody has signed in yet">
              The settings of this installation say who has which role (RAMPART_OIDC_ROLES).
            </Empty>
          ) : (
            <PersonTable people={items} />
          )
        }
      </Answer>
    </Card>
  );
}

function PersonTable({ people }: { people: readonly Person[] }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Person</th>
          <th scope="col">Role</th>
          <th scope="col">Environments</th>
          <th scope="col">Last sign-in</th>
          <th scope="col">
            <span className="hidden">End sessions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {[...people]
          .sort((a, b) => b.signed_in_at.localeCompare(a.signed_in_at))
          .map((person) => (
            <PersonRow key={person.person_id} of={person} />
          ))}
      </tbody>
    </table>
  );
}

function PersonRow({ of: { person_id, name, email, role, environments, signed_in_at } }: { of: Person }) {
  const { session } = useSession();
  const queries = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  const isOwn = session.actor.id === person_id;
  return (
    <tr>
      <td>
        <b>{name}</b>
        {isOwn && <span className="pill built-in">you</span>}
        <span className="sub">{email ?? person_id}</span>
      </td>
      <td data-l="Role">
        {ROLES[role].name}
        <span className="sub">at the last sign-in</span>
      </td>
      <td data-l="Environments">{environments?.join(', ') ?? 'every one'}</td>
      <td data-l="Last sign-in">
        <Time at={signed_in_at} />
      </td>
      <td data-l="">
        <ActionButton kind="danger" onClick={() => setIsAsked(true)}>
          End sessions…<span className="hidden"> {name}</span>
        </ActionButton>
        {isAsked && (
          <Confirm
            title={`End all sessions of ${name}?`}
            verb="End all sessions"
            onConfirm={async () => {
              await endSessions(person_id);
              await queries.invalidateQueries({ queryKey: peopleQuery.queryKey });
            }}
            onClose={() => setIsAsked(false)}
          >
            <p>
              They are signed out within two seconds, in every process. They can sign in again for as long as
              the identity provider and the rules let them: take them away there first.
            </p>
            {isOwn && (
              <p className="is-harm">
                <b>This is you: you will be signed out.</b>
              </p>
            )}
          </Confirm>
        )}
      </td>
    </tr>
  );
}
