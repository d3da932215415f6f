import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { createKey, keysQuery, type KeyInput, type NewKey } from '../../api/administration.js';
import { ActionButton } from '../../ui/action-button.js';
import { Card } from '../../ui/card.js';
import { Refusal } from '../../ui/refusal.js';
import { ROLES } from '../../words/roles.js';
import { listOf, messagesOf } from './form-errors.js';
import { FormField } from '../../ui/form-field.js';

type Role = KeyInput['role'];
interface Written {
  name: string;
  role: Role;
  environments: string;
  expires: string;
}

interface Props {
  onCreated(key: NewKey): void;
  onCancel(): void;
}

export function NewKeyForm({ onCreated, onCancel }: Props) {
  const queries = useQueryClient();
  const [written, setWritten] = useState<Written>({
    name: '',
    role: 'viewer',
    environments: '',
    expires: '',
  });
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);
  const set = (part: Partial<Written>): void => setWritten({ ...written, ...part });
  const said = messagesOf(error, 'the key');

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setIsUnderWay(true);
    setError(null);
    try {
      const key = await createKey(inputOf(written));
      await queries.invalidateQueries({ queryKey: keysQuery.queryKey });
      onCreated(key);
    } catch (failure) {
      setError(failure as Error);
      setIsUnderWay(false);
    }
  }

  return (
    <Card title="A new key">
      <form className="key-form" onSubmit={(event) => void submit(event)} noValidate>
        <FormField label="Name" hint="Which program or person has it" error={said['name']}>
          {(props) => (
            <input
              {...props}
              autoFocus
              value={written.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          )}
        </FormField>
        <FormField
          label="Role"
          hint={`${ROLES[written.role].name}: ${ROLES[written.role].may}`}
          error={said['role']}
        >
          {(props) => (
            <select
              {...props}
              value={written.role}
              onChange={(event) => set({ role: event.currentTarget.value as Role })}
            >
              {Object.entries(ROLES).map(([role, { name }]) => (
                <option key={role} value={role}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </FormField>
        <FormField
          label="Environments"
          hint="With commas between; empty: every environment"
          error={said['environments']}
        >
          {(props) => (
            <input
              {...props}
              value={written.environments}
              onChange={(event) => set({ environments: event.currentTarget.value })}
            />
          )}
        </FormField>
        <FormField label="Expires" hint="In your time zone; empty: never" error={said['expires_at']}>
          {(props) => (
            <input
              {...props}
              type="datetime-local"
              value={written.expires}
              onChange={(event) => set({ expires: event.currentTarget.value })}
            />
          )}
        </FormField>
        <Refusal text={said['']} wide />
        <div className="acts wide">
          <ActionButton
            kind="primary"
            type="submit"
            onClick={() => undefined}
            why_not={isUnderWay ? 'It is being created' : null}
          >
            Create the key
          </ActionButton>
          <ActionButton onClick={onCancel}>Cancel</ActionButton>
        </div>
      </form>
    </Card>
  );
}

function inputOf({ name, role, environments, expires }: Written): KeyInput {
  const names = listOf(environments);
  return {
    name: name.trim(),
    role,
    ...(names.length > 0 && { environments: names }),
    ...(expires !== '' && { expires_at: new Date(expires).toISOString() }),
  };
}
