import { useState } from 'react';

interface Props {
  value: unknown;
  onChange: (value: unknown) => void;
  id: string;
  className: string;
  label?: string;
  describedBy?: string;
  placeholder?: string;
}

/** One JSON value on a line. What is no JSON yet stays as it is typed, and changes nothing. */
export function JsonInput({ value, onChange, id, className, label, describedBy, placeholder }: Props) {
  const [text, setText] = useState(() => textOf(value));
  const read = parsed(text);
  // The value was changed elsewhere, such as in the JSON beside.
  const isOther = read.isJson && textOf(read.value) !== textOf(value);
  const [shown, setShown] = useState(textOf(value));
  if (isOther && shown !== textOf(value)) {
    setShown(textOf(value));
    setText(textOf(value));
  }
  return (
    <>
      <input
        id={id}
        className={read.isJson ? className : `${className} bad`}
        value={text}
        placeholder={placeholder}
        spellCheck={false}
        aria-label={label}
        aria-invalid={!read.isJson}
        aria-describedby={describedBy}
        onChange={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          const now = parsed(next);
          if (!now.isJson) return;
          setShown(textOf(now.value));
          onChange(now.value);
        }}
      />
      {!read.isJson && <span className="hint">This is no JSON yet; a text stands in quotes.</span>}
    </>
  );
}

/** Nothing is no value. */
function parsed(text: string): { isJson: true; value: unknown } | { isJson: false } {
  if (text.trim() === '') return { isJson: true, value: undefined };
  try {
    return { isJson: true, value: JSON.parse(text) as unknown };
  } catch {
    return { isJson: false };
  }
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
