import { SEVERITIES } from '../../../../../src/model/alert.js';
import { ActionButton } from '../../../ui/action-button.js';
import { SEVERITY_WORDS } from '../../../words/alerts.js';
import { FormField } from '../../../ui/form-field.js';
import { toggled, type MuteWindow } from './written.js';

interface Props {
  muted: readonly MuteWindow[];
  /** What the API says of them. */
  said: string | undefined;
  onChange(muted: MuteWindow[]): void;
}

/** Every night from ten, for nine hours. */
const FIRST: MuteWindow = {
  cron: '0 22 * * *',
  time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  duration: '9h',
  severities: ['info', 'warning'],
};

/** When alerts are written down and not sent. */
export function MuteWindows({ muted, said, onChange }: Props) {
  const replace = (index: number, part: Partial<MuteWindow>): void =>
    onChange(muted.map((one, at) => (at === index ? { ...one, ...part } : one)));
  return (
    <fieldset className="wide webhook-choice">
      <legend>Mute windows</legend>
      <p className="hint">While one is open, alerts are written down here and not sent.</p>
      {muted.map((window, index) => (
        <Window
          key={index}
          window={window}
          n={index + 1}
          onChange={(part) => replace(index, part)}
          onRemove={() => onChange(muted.filter((_, at) => at !== index))}
        />
      ))}
      {said !== undefined && <p className="error">{said}</p>}
      <ActionButton onClick={() => onChange([...muted, FIRST])}>Add a window</ActionButton>
    </fieldset>
  );
}

interface WindowProps {
  window: MuteWindow;
  n: number;
  onChange(part: Partial<MuteWindow>): void;
  onRemove(): void;
}

function Window({ window, n, onChange, onRemove }: WindowProps) {
  const field = window.rrule === undefined ? 'cron' : 'rrule';
  return (
    <div className="key-form webhook-window" role="group" aria-label={`Window ${n}`}>
      <FormField
        label={field === 'cron' ? 'Begins (cron)' : 'Begins (RRULE)'}
        hint={field === 'cron' ? 'Minute, hour, day, month, weekday' : 'As calendars write it'}
        error={undefined}
      >
        {(props) => (
          <input
            {...props}
            value={window[field] ?? ''}
            onChange={(event) => onChange({ [field]: event.currentTarget.value })}
          />
        )}
      </FormField>
      <FormField label="Time zone" hint="Such as Europe/Berlin" error={undefined}>
        {(props) => (
          <input
            {...props}
            value={window.time_zone}
            onChange={(event) => onChange({ time_zone: event.currentTarget.value })}
          />
        )}
      </FormField>
      <FormField label="Lasts" hint="Such as 9h" error={undefined}>
        {(props) => (
          <input
            {...props}
            value={window.duration}
            onChange={(event) => onChange({ duration: event.currentTarget.value })}
          />
        )}
      </FormField>
      <div className="webhook-kinds wide">
        {SEVERITIES.map((severity) => (
          <label key={severity}>
            <input
              type="checkbox"
              checked={window.severities.includes(severity)}
              onChange={() => onChange({ severities: toggled(window.severities, severity) })}
            />
            {SEVERITY_WORDS[severity].text}
          </label>
        ))}
        <ActionButton kind="danger" onClick={onRemove}>
          Remove<span className="hidden"> window {n}</span>
        </ActionButton>
      </div>
    </div>
  );
}
