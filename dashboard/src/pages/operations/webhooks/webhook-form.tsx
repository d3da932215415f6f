import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ALERT_KINDS, OPENING_KINDS, SEVERITIES } from '../../../../../src/model/alert.js';
import { saveWebhook, webhooksQuery, type Webhook } from '../../../api/webhooks.js';
import { ActionButton } from '../../../ui/action-button.js';
import { Card } from '../../../ui/card.js';
import { Refusal } from '../../../ui/refusal.js';
import { ALERTS, FORMATS, SEVERITY_WORDS } from '../../../words/alerts.js';
import { messagesOf } from '../form-errors.js';
import { FormField } from '../../../ui/form-field.js';
import { MuteWindows } from './mute-windows.js';
import { inputOf, toggled, writtenOf, type Written } from './written.js';

interface Props {
  /** Null: a new one is made. */
  webhook: Webhook | null;
  /** Its secret, where it has a new one. */
  onSaved(secret: { webhook_id: string; secret: string } | null): void;
  onCancel(): void;
}

type Set = (part: Partial<Written>) => void;
interface PartProps {
  written: Written;
  set: Set;
  said: Record<string, string>;
}

export function WebhookForm({ webhook, onSaved, onCancel }: Props) {
  const queries = useQueryClient();
  const [written, setWritten] = useState(() => writtenOf(webhook));
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);
  const said = messagesOf(error, 'the webhook');
  const part = { written, said, set: (some: Partial<Written>) => setWritten({ ...written, ...some }) };

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setIsUnderWay(true);
    setError(null);
    try {
      const webhook_id = written.webhook_id.trim();
      const secret = await saveWebhook(webhook_id, inputOf(written));
      await queries.invalidateQueries({ queryKey: webhooksQuery.queryKey });
      onSaved(secret === null || written.format !== 'standard' ? null : { webhook_id, secret });
    } catch (failure) {
      setError(failure as Error);
      setIsUnderWay(false);
    }
  }

  return (
    <Card title={webhook ? `Change ${webhook.webhook_id}` : 'A new webhook'}>
      <form className="key-form" onSubmit={(event) => void submit(event)} noValidate>
        <Name {...part} isNew={webhook === null} />
        <Target {...part} isKnown={webhook?.format === written.format} />
        <Kinds {...part} />
        <Severities {...part} />
        <Limits {...part} />
        <Timing {...part} />
        <MuteWindows muted={written.muted} said={said['muted']} onChange={(muted) => part.set({ muted })} />
        <Refusal text={said['']} wide />
        <div className="acts wide">
          <ActionButton
            kind="primary"
            type="submit"
            onClick={() => undefined}
            why_not={whyNot(written, isUnderWay)}
          >
            {webhook ? 'Save the webhook' : 'Make the webhook'}
          </ActionButton>
          <ActionButton onClick={onCancel}>Cancel</ActionButton>
        </div>
      </form>
    </Card>
  );
}

function whyNot({ webhook_id }: Written, isUnderWay: boolean): string | null {
  if (isUnderWay) return 'It is being stored';
  return webhook_id.trim() === '' ? 'Give it an id first' : null;
}

function Name({ written, set, said, isNew }: PartProps & { isNew: boolean }) {
  return (
    <>
      {isNew && (
        <FormField label="Id" hint="Letters, digits, . _ : -" error={said['webhook_id']}>
          {(props) => (
            <input
              {...props}
              autoFocus
              value={written.webhook_id}
              onChange={(event) => set({ webhook_id: event.currentTarget.value })}
            />
          )}
        </FormField>
      )}
      <FormField label="Description" hint="What it is for" error={said['description']}>
        {(props) => (
          <input
            {...props}
            value={written.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
        )}
      </FormField>
      <FormField label="Way" hint={FORMATS[written.format].where} error={said['format']}>
        {(props) => (
          <select
            {...props}
            value={written.format}
            onChange={(event) => {
              const format = event.currentTarget.value as Webhook['format'];
              set({
                format,
                ...(format === 'pagerduty' && {
                  events: written.events.filter((kind) => OPENING_KINDS.includes(kind)),
                }),
              });
            }}
          >
            {Object.entries(FORMATS).map(([format, { text }]) => (
              <option key={format} value={format}>
                {text}
              </option>
            ))}
          </select>
        )}
      </FormField>
    </>
  );
}

function Target({ written, set, said, isKnown }: PartProps & { isKnown: boolean }) {
  const stays = isKnown ? 'Empty: it stays as it is' : '';
  if (written.format === 'email')
    return (
      <FormField label="To" hint="Addresses with commas between" error={said['to']}>
        {(props) => (
          <input {...props} value={written.to} onChange={(event) => set({ to: event.currentTarget.value })} />
        )}
      </FormField>
    );
  if (written.format === 'pagerduty')
    return (
      <FormField
        label="Integration key"
        hint={stays === '' ? 'Of the service that opens incidents' : stays}
        error={said['routing_key']}
      >
        {(props) => (
          <input
            {...props}
            autoComplete="off"
            value={written.routing_key}
            onChange={(event) => set({ routing_key: event.currentTarget.value })}
          />
        )}
      </FormField>
    );
  return (
    <FormField label="Address" hint={stays === '' ? 'https://…' : stays} error={said['url']}>
      {(props) => (
        <input
          {...props}
          inputMode="url"
          autoComplete="off"
          value={written.url}
          onChange={(event) => set({ url: event.currentTarget.value })}
        />
      )}
    </FormField>
  );
}

function Kinds({ written, set, said }: PartProps) {
  const offered = written.format === 'pagerduty' ? OPENING_KINDS : ALERT_KINDS;
  return (
    <fieldset className="wide webhook-choice">
      <legend>Hears of</legend>
      <p className="hint">
        None chosen: everything. Whoever hears that something began hears that it is over.
      </p>
      <div className="webhook-kinds">
        {offered.map((kind) => (
          <label key={kind}>
            <input
              type="checkbox"
              checked={written.events.includes(kind)}
              onChange={() => set({ events: toggled(written.events, kind) })}
            />
            {ALERTS[kind]}
          </label>
        ))}
      </div>
      {said['events'] !== undefined && <p className="error">{said['events']}</p>}
    </fieldset>
  );
}

function Severities({ written, set, said }: PartProps) {
  return (
    <fieldset className="wide webhook-choice">
      <legend>Only if it is</legend>
      <p className="hint">None chosen: however much it matters.</p>
      <div className="webhook-kinds">
        {SEVERITIES.map((severity) => (
          <label key={severity}>
            <input
              type="checkbox"
              checked={written.severities.includes(severity)}
              onChange={() => set({ severities: toggled(written.severities, severity) })}
            />
            {SEVERITY_WORDS[severity].text}
          </label>
        ))}
      </div>
      {said['severities'] !== undefined && <p className="error">{said['severities']}</p>}
    </fieldset>
  );
}

const LIMITS = [
  { field: 'environments', label: 'Environments', all: 'every environment' },
  { field: 'tags', label: 'Tags', all: 'whatever the tags' },
  { field: 'owners', label: 'Owners', all: 'whoever the owner' },
] as const;

function Limits({ written, set, said }: PartProps) {
  return LIMITS.map(({ field, label, all }) => (
    <FormField key={field} label={label} hint={`With commas between; empty: ${all}`} error={said[field]}>
      {(props) => (
        <input
          {...props}
          value={written[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
        />
      )}
    </FormField>
  ));
}

function Timing({ written, set, said }: PartProps) {
  return (
    <>
      <FormField
        label="Over means"
        hint="That something is over is told once it has lasted so long: 5m"
        error={said['quiet_for']}
      >
        {(props) => (
          <input
            {...props}
            value={written.quiet_for}
            onChange={(event) => set({ quiet_for: event.currentTarget.value })}
          />
        )}
      </FormField>
      {written.format !== 'pagerduty' && (
        <FormField
          label="Digest"
          hint="One message for all of 1h, say; critical ones come at once. Empty: each at once"
          error={said['digest']}
        >
          {(props) => (
            <input
              {...props}
              value={written.digest}
              onChange={(event) => set({ digest: event.currentTarget.value })}
            />
          )}
        </FormField>
      )}
      <div className="field">
        <label className="webhook-switch">
          <input
            type="checkbox"
            checked={written.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
          Switched on
        </label>
        <span className="hint">Switched off, nothing new is kept for it</span>
      </div>
    </>
  );
}
