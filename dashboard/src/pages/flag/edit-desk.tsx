import { useId } from 'react';
import { Card } from '../../ui/card.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import { parsedOf, textOf } from './draft.js';
import { errorsElsewhere, type FieldError } from './field-errors.js';
import { Errors } from './field.js';
import { fitsForm, FLAG_FORM_HINT, FlagForm, FORM_FIELDS } from './flag-form.js';
import type { Lock } from './use-lock.js';

interface Props {
  text: string;
  errors: readonly FieldError[];
  lock: Lock | null;
  onChange: (text: string) => void;
}

/** The form and the JSON of one flag, side by side and in step. */
export function EditDesk({ text, errors, lock, onChange }: Props) {
  const id = useId();
  const { value, error } = parsedOf(text);
  const other = errorsElsewhere(errors, FORM_FIELDS);
  return (
    <>
      <div id="flag-errors" tabIndex={-1} role="alert">
        <Errors errors={other} />
      </div>
      <div className="edit-grid">
        <Card title="Form">
          {value !== null && fitsForm(value) ? (
            <FlagForm
              flag={value}
              errors={errors}
              lock={lock}
              onChange={(next: FlagDefinition) => onChange(textOf(next))}
            />
          ) : (
            <p className="muted">
              {error ?? 'A field in the JSON has a type that the form cannot show. Mend it there.'}
            </p>
          )}
        </Card>
        <Card title="JSON">
          <div className="field">
            <label htmlFor={id} className="visually-hidden">
              The flag as JSON
            </label>
            <textarea
              id={id}
              className={value === null ? 'input code bad' : 'input code'}
              rows={Math.min(40, Math.max(14, text.split('\n').length + 1))}
              spellCheck={false}
              value={text}
              onChange={(event) => onChange(event.currentTarget.value)}
              aria-invalid={value === null}
              aria-describedby={`${id}-hint`}
            />
            <span className="hint" id={`${id}-hint`}>
              {error ?? FLAG_FORM_HINT}
            </span>
          </div>
        </Card>
      </div>
    </>
  );
}
