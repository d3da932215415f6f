import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery, revokeKey, type Key, type NewKey } from '../../api/administration.js';
import { useMay, useSession } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Answer } from '../../ui/answer.js';
import { Confirm } from '../../ui/confirm.js';
import { Empty } from '../../ui/empty.js';
import { Time, useNow } from '../../ui/age.js';
import { useTitle } from '../../ui/use-title.js';
import { ROLES } from '../../words/roles.js';
import { CreatedKey } from './created-key.js';
import { NewKeyForm } from './new-key-form.js';
import { OperationsNav } from './operations-nav.js';
import { People } from './people.js';

/** The keys of this installation. */
export function Keys() {
  const mayAdminister = useMay('administer');
  useTitle('Keys');
  return (
    <>
      <div>
        <div className="head">
          <div>
            <h1>Keys</h1>
            <p className="meta">Who may call the API, and sign in here.</p>
          </div>
        </div>
        <OperationsNav />
      </div>
      {mayAdminister ? (
        <KeyAdministration />
      ) : (
        <Empty title="Only an admin may see keys">Sign in with an admin key to create or revoke keys.</Empty>
      )}
    </>
  );
}

function KeyAdministration() {
  const { session } = useSession();
  const query = useQuery(keysQuery);
  const [isNew, setIsNew] = useState(false);
  const [created, setCreated] = useState<NewKey | null>(null);
  return (
    <>
      {isNew ? (
        <NewKeyForm
          onCreated={(key) => {
            setIsNew(false);
            setCreated(key);
          }}
          onCancel={() => setIsNew(false)}
        />
      ) : (
        <p>
          <ActionButton kind="primary" onClick={() => setIsNew(true)}>
            New key
          </ActionButton>
        </p>
      )}
      {created && <CreatedKey created={created} onClose={() => setCreated(null)} />}
      <Answer query={query} what="the keys">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="There is no key yet">
              Only the first admin key of the installation is there. Create one for each program and each
              person.
            </Empty>
          ) : (
            <div className="card">
              <KeyTable keys={items} />
            </div>
          )
        }
      </Answer>
      {session.oidc && session.environments === null && <People />}
    </>
  );
}

function KeyTable({ keys }: { keys: readonly Key[] }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Role</th>
          <th scope="col">Environments</th>
          <th scope="col">Expires</th>
          <th scope="col">Created</th>
          <th scope="col">
            <span className="hidden">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {[...keys]
          .sort((a, b) => b.created_at.localeCompare(a.created_at))
          .map((key) => (
            <KeyRow key={key.key_id} of={key} />
          ))}
      </tbody>
    </table>
  );
}

function KeyRow({
  of: { key_id, name, role, environments, expires_at, created_at, created_by },
}: {
  of: Key;
}) {
  const { session } = useSession();
  const queries = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  const isOwn = session.actor.id === key_id;
  return (
    <tr>
      <td>
        <b>{name}</b>
        {isOwn && <span className="pill built-in">yours</span>}
        <span className="sub">{key_id}</span>
      </td>
      <td data-l="Role">
        {ROLES[role].name}
        <span className="sub">{ROLES[role].may}</span>
      </td>
      <td data-l="Environments">{environments?.join(', ') ?? 'every one'}</td>
      <td data-l="Expires">
        <Expiry at={expires_at ?? null} />
      </td>
      <td data-l="Created">
        <Time at={created_at} />
        <span className="sub">by {created_by}</span>
      </td>
      <td data-l="">
        <ActionButton kind="danger" onClick={() => setIsAsked(true)}>
          Revoke…<span className="hidden"> {name}</span>
        </ActionButton>
        {isAsked && (
          <Confirm
            title={`Revoke the key ${name}?`}
            verb="Revoke the key"
            onConfirm={async () => {
              await revokeKey(key_id);
              await queries.invalidateQueries({ queryKey: keysQuery.queryKey });
            }}
            onClose={() => setIsAsked(false)}
          >
            <p>
              Whoever uses it is refused within two seconds, in every process. It cannot be given back: what
              needs it must get a new one.
            </p>
            {isOwn && (
              <p className="is-harm">
                <b>This is the key that you are signed in with: you will be signed out.</b>
              </p>
            )}
          </Confirm>
        )}
      </td>
    </tr>
  );
}

function Expiry({ at }: { at: string | null }) {
  const now = useNow();
  if (at === null) return 'never';
  return Date.parse(at) <= now ? (
    <span className="is-hold">
      expired <Time at={at} />
    </span>
  ) : (
    <Time at={at} />
  );
}
