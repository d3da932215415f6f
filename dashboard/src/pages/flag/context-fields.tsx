import { useState } from 'react';
import type { Context } from '../../api/flags.js';
import { Icon } from '../../ui/icon.js';
import { fieldText, valueOf } from './context-text.js';

type Row = readonly [name: string, text: string];

/** A context field by field. A value is a text, or JSON where it is written as such. */
export function ContextFields({
  context,
  onChange,
}: {
  context: Context;
  onChange: (context: Context) => void;
}) {
  const [rows, setRows] = useState<Row[]>(() =>
    Object.entries(context).map(([name, value]) => [name, fieldText(value)] as const),
  );
  const change = (next: Row[]): void => {
    setRows(next);
    onChange(
      Object.fromEntries(next.filter(([name]) => name !== '').map(([name, text]) => [name, valueOf(text)])),
    );
  };
  const replace = (at: number, row: Row): void => change(rows.map((one, n) => (n === at ? row : one)));
  return (
    <div className="fields">
      {rows.map(([name, text], at) => (
        <div className="pair-row" key={at}>
          <input
            className="input"
            aria-label={`Name of attribute ${at + 1}`}
            value={name}
            onChange={(event) => replace(at, [event.currentTarget.value, text])}
          />
          <input
            className="input"
            aria-label={`Value of ${name || `attribute ${at + 1}`}`}
            value={text}
            onChange={(event) => replace(at, [name, event.currentTarget.value])}
          />
          <button
            type="button"
            className="btn icon-only"
            aria-label={`Take ${name || `attribute ${at + 1}`} out`}
            onClick={() => change(rows.filter((_, n) => n !== at))}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
      <div>
        <button type="button" className="btn" onClick={() => change([...rows, ['', '']])}>
          Add an attribute
        </button>
      </div>
      <span className="hint">A number, true, false or [a list] is read as such; quotes make it a text.</span>
    </div>
  );
}
