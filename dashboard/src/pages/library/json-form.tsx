import { useId, useRef, useState, type FormEvent, type ComponentType } from 'react';
import { ApiError } from '../../api/client.js';
import { sentenceOf } from '../../ui/answer.js';
import { ActionButton } from '../../ui/action-button.js';
import { Diff } from '../../ui/diff.js';
import { Icon } from '../../ui/icon.js';
import { lineOf } from './line-of.js';

export interface ControlsProps {
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
}

interface Props {
  label: string;
  hint?: string;
  initial: unknown;
  /** What is there now, held against what is written; none for a new one. */
  present?: unknown;
  save: string;
  /** Controls for a part of what is written, above the JSON and in step with it. */
  Controls?: ComponentType<ControlsProps>;
  onSave(value: Record<string, unknown>): Promise<void>;
  onCancel(): void;
}

interface Complaint {
  /** Empty: of the whole. */
  path: string;
  message: string;
}

/** A definition as JSON. What the API says of a field is shown with its line; what was typed stays. */
export function JsonForm(props: Props) {
  const { label, hint, initial, present, save, Controls, onSave, onCancel } = props;
  const [text, setText] = useState(() => JSON.stringify(initial, null, 2));
  const [complaints, setComplaints] = useState<Complaint[]>([]);
  const [isSaving, setIsSaving] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const read = parsed(text);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if ('error' in read) return show([{ path: '', message: read.error }]);
    setIsSaving(true);
    try {
      await onSave(read.value);
    } catch (error) {
      show(complaintsOf(error as Error));
    } finally {
      setIsSaving(false);
    }
  }

  function show(all: Complaint[]): void {
    setComplaints(all);
    document.getElementById(`${id}-errors`)?.focus();
  }

  function goTo(line: number): void {
    const { current } = area;
    if (!current) return;
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    current.focus();
    current.setSelectionRange(start, start + lines[line - 1]!.length);
    current.scrollTop = Math.max(0, (line - 4) * 18);
  }

  return (
    <form className="json-form" onSubmit={(event) => void submit(event)} noValidate>
      {Controls && 'value' in read && (
        <Controls value={read.value} onChange={(value) => setText(JSON.stringify(value, null, 2))} />
      )}
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <textarea
          id={id}
          ref={area}
          className={complaints.length > 0 ? 'input json bad' : 'input json'}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          rows={Math.min(32, Math.max(8, text.split('\n').length + 1))}
          spellCheck={false}
          autoFocus={Controls === undefined}
          aria-invalid={complaints.length > 0}
          aria-describedby={`${id}-hint ${id}-errors`}
        />
        <span className="hint" id={`${id}-hint`}>
          {'error' in read ? read.error : hint}
        </span>
      </div>
      <div id={`${id}-errors`} tabIndex={-1} role="alert">
        {complaints.map(({ path, message }) => (
          <p className="error" key={`${path} ${message}`}>
            <Icon name="warn" />
            <span>
              {path !== '' && 'value' in read && (
                <button type="button" className="link" onClick={() => goTo(lineOf(text, path))}>
                  {path}, line {lineOf(text, path)}
                </button>
              )}{' '}
              {message}
            </span>
          </p>
        ))}
      </div>
      {present !== undefined && 'value' in read && (
        <div className="part">
          <h3 className="h2">What this changes</h3>
          <Diff before={present} after={read.value} label="What is stored, and what is written" />
        </div>
      )}
      <div className="acts">
        <ActionButton
          kind="primary"
          type="submit"
          onClick={() => undefined}
          why_not={isSaving ? 'It is being saved' : 'error' in read ? read.error : null}
        >
          {isSaving ? 'Saving…' : save}
        </ActionButton>
        <ActionButton onClick={onCancel}>Cancel</ActionButton>
      </div>
    </form>
  );
}

function parsed(text: string): { value: Record<string, unknown> } | { error: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown> };
    return { error: 'This is no JSON object: it begins with { and ends with }' };
  } catch (error) {
    return { error: `This is no JSON yet: ${(error as Error).message}` };
  }
}

function complaintsOf(error: Error): Complaint[] {
  if (error instanceof ApiError && error.problem.errors && error.problem.errors.length > 0)
    return error.problem.errors;
  if (error instanceof ApiError && error.status === 0)
    return [
      { path: '', message: 'The server does not answer: it may be saved or not. Look before you repeat it.' },
    ];
  return [{ path: '', message: sentenceOf(error, 'it') }];
}
