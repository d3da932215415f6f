import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { definitionOf, saveFlag } from '../../api/flags.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Confirm } from '../../ui/confirm.js';
import { Diff } from '../../ui/diff.js';
import { Empty } from '../../ui/empty.js';
import { Strip } from '../../ui/strip.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import { editOf, parsedOf, textOf, useDesk } from './draft.js';
import { EditDesk } from './edit-desk.js';
import { fieldErrorsOf, focusFirst, type FieldError } from './field-errors.js';
import { useLock } from './use-lock.js';

/** The edit of a flag: form and JSON in step, and what changes before it is sent. */
export function FlagEdit() {
  return useMay('define') ? (
    <Editor />
  ) : (
    <Empty title="You may look, not change">Whoever may define flags can edit this one.</Empty>
  );
}

function Editor() {
  const desk = useDesk();
  const { flag, change, base } = desk;
  const lock = useLock(flag);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [isReviewed, setIsReviewed] = useState(false);
  const text = desk.text ?? textOf(definitionOf(flag));
  const edit = editOf(desk);
  const { error } = parsedOf(text);
  useEffect(() => {
    if (errors.length > 0) focusFirst(errors);
  }, [errors]);
  return (
    <>
      {base !== null && base !== flag.revision && (
        <Strip tone="hold" icon="warn">
          <b>
            Revision {flag.revision} was saved meanwhile; your edit began with {base}.
          </b>
          <div>What you save replaces it: look at the difference first.</div>
        </Strip>
      )}
      {lock && (
        <Strip tone="info" icon="lock">
          <b>
            Experiment{' '}
            <Link to="/experiments/$experiment_id/overview" params={{ experiment_id: lock.experiment_id }}>
              {lock.experiment_id}
            </Link>{' '}
            runs on this flag.
          </b>
          <div>
            Until it ends, the kind of the flag and the variants it uses stay. Switching off always works.
          </div>
        </Strip>
      )}
      <EditDesk text={text} errors={errors} lock={lock} onChange={change} />
      <div className="acts-row">
        <ActionButton
          kind="primary"
          onClick={() => setIsReviewed(true)}
          why_not={error ?? (edit === null ? 'Nothing is changed' : null)}
        >
          Review and save…
        </ActionButton>
        {desk.text !== null && (
          <ActionButton
            onClick={() => {
              change(null);
              setErrors([]);
            }}
          >
            Discard the edit
          </ActionButton>
        )}
        {edit !== null && (
          <Link to="/flags/$flag_id/playground" params={{ flag_id: flag.flag_id }}>
            Try it in the playground
          </Link>
        )}
      </div>
      {isReviewed && edit !== null && (
        <SaveDialog edit={edit} onClose={() => setIsReviewed(false)} onErrors={setErrors} />
      )}
    </>
  );
}

interface SaveProps {
  edit: FlagDefinition;
  onClose: () => void;
  onErrors: (errors: FieldError[]) => void;
}

function SaveDialog({ edit, onClose, onErrors }: SaveProps) {
  const { flag, change } = useDesk();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { flag_id, revision, driven_by = [] } = flag;
  return (
    <Confirm
      title={`What changes in ${flag_id}`}
      verb={`Save revision ${revision + 1}`}
      kind="primary"
      unanswered="Look at its revisions before you repeat it."
      onClose={onClose}
      onRefused={(error) => {
        const errors = fieldErrorsOf(error);
        onErrors(errors ?? []);
        return errors !== null;
      }}
      onConfirm={async () => {
        await saveFlag({ ...edit, flag_id });
        change(null);
        onErrors([]);
        await Promise.all([
          queries.invalidateQueries({ queryKey: ['flag', flag_id] }),
          queries.invalidateQueries({ queryKey: ['flags'] }),
        ]);
        await navigate({ to: '/flags/$flag_id/revisions', params: { flag_id } });
      }}
    >
      {driven_by.length > 0 && (
        <p>Experiment {driven_by.join(', ')} runs on it, and has the change in its timeline.</p>
      )}
      <Diff before={definitionOf(flag)} after={edit} label={`Revision ${revision} to ${revision + 1}`} />
    </Confirm>
  );
}
