import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { createKey, keysQuery, type KeyInput, type NewKey } from '../../api/administration.js';
import { ApiError } from '../../api/client.js';
import { sentenceOf } from '../../ui/answer.js';
import { ActionButton } from '../../ui/action-button.js';
import { Card } from '../../ui/card.js';
import { Icon } from '../../ui/icon.js';
import { ROLES } from '../../words/roles.js';

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
  const said = messagesOf(error);

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
        <Field label="Name" hint="Which program or person has it" error={said['name']}>
          {(props) => (
            <input
              {...props}
              autoFocus
              value={written.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          )}
        </Field>
        <Field
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
        </Field>
        <Field
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
        </Field>
        <Field label="Expires" hint="In your time zone; empty: never" error={said['expires_at']}>
          {(props) => (
            <input
              {...props}
              type="datetime-local"
              value={written.expires}
              onChange={(event) => set({ expires: event.currentTarget.value })}
            />
          )}
        </Field>
        <div role="alert" className="wide">
          {said[''] !== undefined && (
            <p className="error">
              <Icon name="warn" />
              {said['']}
            </p>
          )}
        </div>
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
  const names = environments
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return {
    name: name.trim(),
    role,
    ...(names.length > 0 && { environments: names }),
    ...(expires !== '' && { expires_at: new Date(expires).toISOString() }),
  };
}

/** What is wrong by field; under the empty name what is no field's. */
function messagesOf(error: Error | null): Record<string, string> {
  if (error === null) return {};
  const errors = error instanceof ApiError ? error.problem.errors : undefined;
  if (!errors || errors.length === 0) return { '': sentenceOf(error, 'the key') };
  return Object.fromEntries(errors.map(({ path, message }) => [path.split('.')[0]!, message]));
}

interface FieldProps {
  label: string;
  hint: string;
  error: string | undefined;
  children(props: {
    id: string;
    className: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
  }): ReactNode;
}

function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: error === undefined ? 'input' : 'input bad',
        'aria-describedby': `${id}-hint`,
        'aria-invalid': error !== undefined,
      })}
      <span id={`${id}-hint`} className={error === undefined ? 'hint' : 'error'}>
        {error === undefined ? hint : `${label} ${error}`}
      </span>
    </div>
  );
}
