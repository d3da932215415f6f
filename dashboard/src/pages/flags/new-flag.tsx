import { SegmentedControl } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { createFlag, definitionOf, flagQuery } from '../../api/flags.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Answer } from '../../ui/answer.js';
import { Confirm } from '../../ui/confirm.js';
import { Diff } from '../../ui/diff.js';
import { Empty } from '../../ui/empty.js';
import { useTitle } from '../../ui/use-title.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import { FLAG_KINDS, kindOf, type FlagKind } from '../../words/flags.js';
import { parsedOf, textOf } from '../flag/draft.js';
import { EditDesk } from '../flag/edit-desk.js';
import { fieldErrorsOf, focusFirst, type FieldError } from '../flag/field-errors.js';
import { Field } from '../flag/field.js';

/** What a new flag of each kind begins with. Nothing is on for anybody until somebody says so. */
const BEGINNINGS: Record<FlagKind, Omit<FlagDefinition, 'flag_id'>> = {
  boolean: { enabled: false, rollout_percentage: 100 },
  multivariate: { enabled: true, variants: { control: { weight: 100 }, treatment: { weight: 0 } } },
  config: { enabled: true, value_type: 'number', default: 0 },
};

/** A flag that does not exist yet. */
export function NewFlag() {
  useTitle('New flag');
  const { from } = useSearch({ from: '/flags/new' });
  const may = useMay('define');
  if (may && from !== undefined) return <Duplicate key={from} of={from} />;
  return may ? (
    <Creator first={{ flag_id: '', ...BEGINNINGS.boolean }} />
  ) : (
    <Empty title="You may look, not change">Whoever may define flags can make a new one.</Empty>
  );
}

/** Begins with what another flag is, under a name that is still to be given. */
function Duplicate({ of }: { of: string }) {
  const query = useQuery(flagQuery(of));
  return (
    <Answer query={query} what="the flag">
      {(flag) => <Creator first={{ ...definitionOf(flag), flag_id: '' }} of={of} />}
    </Answer>
  );
}

/** @param of the flag that it is a duplicate of */
function Creator({ first, of }: { first: FlagDefinition; of?: string }) {
  const [text, setText] = useState(() => textOf(first));
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [isReviewed, setIsReviewed] = useState(false);
  const { value, error } = parsedOf(text);
  useEffect(() => {
    if (errors.length > 0) focusFirst(errors);
  }, [errors]);
  return (
    <>
      <div>
        <p className="crumb">
          <Link to="/flags">Flags</Link>
        </p>
        <div className="head">
          <h1>{of === undefined ? 'New flag' : `New flag like ${of}`}</h1>
        </div>
      </div>
      <div className="card">
        <div className="body fields">
          <Field
            path="flag_id"
            label="Name"
            hint="The code asks by it, and it cannot be changed."
            errors={errors}
          >
            {(props) => (
              <input
                {...props}
                autoFocus
                value={typeof value?.flag_id === 'string' ? value.flag_id : ''}
                disabled={value === null}
                onChange={(event) => setText(textOf({ ...value!, flag_id: event.currentTarget.value }))}
              />
            )}
          </Field>
          <div className="field">
            <span className="label">Kind</span>
            <SegmentedControl
              aria-label="Kind"
              className="start"
              value={value === null ? 'boolean' : kindOf(value)}
              disabled={value === null}
              onChange={(kind) => setText(textOf(asKind(value!, kind as FlagKind)))}
              data={Object.entries(FLAG_KINDS).map(([kind, { text: label }]) => ({ value: kind, label }))}
            />
            {value !== null && <span className="hint">{FLAG_KINDS[kindOf(value)].sentence}.</span>}
          </div>
        </div>
      </div>
      <EditDesk
        text={text}
        errors={errors.filter(({ path }) => path !== 'flag_id')}
        lock={null}
        onChange={setText}
      />
      <div className="acts-row">
        <ActionButton
          kind="primary"
          onClick={() => setIsReviewed(true)}
          why_not={error ?? (value?.flag_id ? null : 'It needs a name')}
        >
          Review and create…
        </ActionButton>
        <Link className="btn" to="/flags">
          Cancel
        </Link>
      </div>
      {isReviewed && value !== null && (
        <CreateDialog flag={value} onClose={() => setIsReviewed(false)} onErrors={setErrors} />
      )}
    </>
  );
}

/** The fields that only some kinds have. */
const OF_KINDS = ['rollout_percentage', 'variants', 'off_variant', 'value_type', 'default', 'segments'];

/** The same flag as another kind: what belongs to the former kind goes. */
function asKind(flag: FlagDefinition, kind: FlagKind): FlagDefinition {
  const common = Object.entries(flag).filter(([name]) => !OF_KINDS.includes(name));
  return { ...(Object.fromEntries(common) as unknown as FlagDefinition), ...BEGINNINGS[kind] };
}

interface CreateProps {
  flag: FlagDefinition;
  onClose: () => void;
  onErrors: (errors: FieldError[]) => void;
}

function CreateDialog({ flag, onClose, onErrors }: CreateProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <Confirm
      title={`Create ${flag.flag_id}`}
      verb="Create the flag"
      kind="primary"
      unanswered="Look at the flags before you repeat it."
      onClose={onClose}
      onRefused={(error) => {
        const errors = fieldErrorsOf(error);
        onErrors(errors ?? []);
        return errors !== null;
      }}
      onConfirm={async () => {
        const { flag_id } = await createFlag(flag);
        await queries.invalidateQueries({ queryKey: ['flags'] });
        await navigate({ to: '/flags/$flag_id/overview', params: { flag_id } });
      }}
    >
      <p>It is served as soon as it is stored.</p>
      <Diff before={undefined} after={flag} label="Revision 1" />
    </Confirm>
  );
}
