import { SegmentedControl } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { explainQuery, type Context } from '../../api/flags.js';
import { ApiError, type Schemas } from '../../api/client.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Icon } from '../../ui/icon.js';
import { Time } from '../../ui/age.js';
import { count } from '../../words/format.js';
import { ContextFields } from './context-fields.js';
import { contextOf } from './context-text.js';
import { editOf, useDesk } from './draft.js';
import { PathOfChecks } from './path-of-checks.js';

/** An answer comes so long after the last key, ms. */
const PAUSE_MS = 400;

type Explanation = Schemas['Explanation'] & { took_ms: number };

/** A context in, the value and every check that leads to it out. */
export function FlagPlayground() {
  const desk = useDesk();
  const { flag, context } = desk;
  const edit = editOf(desk);
  const [wantsEdit, setWantsEdit] = useState(true);
  const [waited] = useDebouncedValue(context, PAUSE_MS);
  const read = contextOf(waited);
  const isEdit = edit !== null && wantsEdit;
  return (
    <div className="play-grid">
      <Input
        isEdit={isEdit}
        hasEdit={edit !== null}
        isUnreadable={desk.text !== null && edit === null}
        onWantsEdit={setWantsEdit}
        compared={
          isEdit && read.value !== null ? <ServedBeside flag_id={flag.flag_id} context={read.value} /> : null
        }
      />
      {read.value === null ? (
        <Card title="Value out">
          <p className="error">
            <Icon name="warn" />
            {read.error}
          </p>
        </Card>
      ) : (
        <Output flag_id={flag.flag_id} context={read.value} edit={isEdit ? edit : null} />
      )}
    </div>
  );
}

interface InputProps {
  isEdit: boolean;
  hasEdit: boolean;
  isUnreadable: boolean;
  onWantsEdit: (wants: boolean) => void;
  compared: React.ReactNode;
}

function Input({ isEdit, hasEdit, isUnreadable, onWantsEdit, compared }: InputProps) {
  const { flag, context, setContext } = useDesk();
  const [form, setForm] = useState<'fields' | 'json'>('json');
  const id = useId();
  const read = contextOf(context);
  return (
    <Card
      title="Context in"
      tools={
        <SegmentedControl
          size="xs"
          aria-label="How the context is written"
          value={form}
          onChange={(value) => setForm(value)}
          data={[
            { value: 'fields', label: 'Form', disabled: read.value === null },
            { value: 'json', label: 'JSON' },
          ]}
        />
      }
    >
      <div className="fields">
        {form === 'json' || read.value === null ? (
          <div className="field">
            <label htmlFor={id} className="visually-hidden">
              The context as JSON
            </label>
            <textarea
              id={id}
              className={read.value === null ? 'input code bad' : 'input code'}
              rows={Math.min(24, Math.max(7, context.split('\n').length + 1))}
              spellCheck={false}
              value={context}
              onChange={(event) => setContext(event.currentTarget.value)}
              aria-invalid={read.value === null}
              aria-describedby={`${id}-hint`}
            />
            <span className="hint" id={`${id}-hint`}>
              {read.error ?? 'targetingKey is the unit. Without it, it is nobody in particular.'}
            </span>
          </div>
        ) : (
          <ContextFields
            context={read.value}
            onChange={(next) => setContext(JSON.stringify(next, null, 2))}
          />
        )}
        {hasEdit && (
          <div className="field">
            <span className="label">Definition</span>
            <SegmentedControl
              aria-label="Which definition"
              value={isEdit ? 'edit' : 'served'}
              onChange={(value) => onWantsEdit(value === 'edit')}
              data={[
                { value: 'served', label: `Served, revision ${flag.revision}` },
                { value: 'edit', label: 'Your unsaved edit' },
              ]}
            />
            {compared}
          </div>
        )}
        {isUnreadable && !hasEdit && (
          <p className="hint">Your edit differs in nothing, or is no JSON yet: this is what is served.</p>
        )}
        <p className="hint">Evaluated by the server's own code. No exposure is recorded.</p>
      </div>
    </Card>
  );
}

/** What is served now, beside the edit. */
function ServedBeside({ flag_id, context }: { flag_id: string; context: Context }) {
  const { data } = useQuery(explainQuery(flag_id, context, null));
  if (!data) return null;
  return <span className="hint">With the served one: {valueText(data)}.</span>;
}

type Edit = Parameters<typeof explainQuery>[2];

function Output({ flag_id, context, edit }: { flag_id: string; context: Context; edit: Edit }) {
  const query = useQuery(explainQuery(flag_id, context, edit));
  const { error } = query;
  if (error instanceof ApiError && error.problem.errors) {
    return (
      <Card title="Value out">
        <p>The server refuses this:</p>
        {error.problem.errors.map(({ path, message }) => (
          <p className="error" key={`${path} ${message}`}>
            <Icon name="warn" />
            <span>
              <code>{path.replace(/^definition\./, '')}</code> {message}
            </span>
          </p>
        ))}
      </Card>
    );
  }
  return (
    <Answer query={query} what="the explanation">
      {(explanation) => <Explained explanation={explanation} isOld={query.isPlaceholderData} />}
    </Answer>
  );
}

function Explained({ explanation, isOld }: { explanation: Explanation; isOld: boolean }) {
  const { at, took_ms, steps, variant, reason, error, experiment_id, in_experiment, slot } = explanation;
  const value = valueText(explanation);
  return (
    <Card
      title="Value out"
      age={
        <span className="age">
          <Time at={at} />, {isOld ? 'asking again…' : `${count(Math.max(1, took_ms))} ms`}
        </span>
      }
    >
      <div aria-live="polite">
        <p className={value.length > 60 ? 'value-out long' : 'value-out'}>{value}</p>
        <p className="muted">
          {error !== null
            ? 'The flag splits units: give a targetingKey'
            : variant === null
              ? 'No variant'
              : 'Variant '}
          {error === null && variant !== null && <b className="ink">{variant}</b>}, reason{' '}
          <code>{reason}</code>
          {experiment_id !== null && (in_experiment ? ', in ' : ', not in ')}
          {experiment_id !== null && `experiment ${experiment_id}`}
          {slot !== null && `, slot ${count(slot)}`}
        </p>
      </div>
      <PathOfChecks steps={steps} reason={reason} />
    </Card>
  );
}

function valueText({ value, error }: Pick<Explanation, 'value' | 'error'>): string {
  if (error !== null) return 'No value';
  if (value === undefined) return "The code's own default";
  if (typeof value === 'string') return `“${value}”`;
  const short = JSON.stringify(value);
  return short.length > 60 ? JSON.stringify(value, null, 2) : short;
}
