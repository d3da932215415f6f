import { useId, useState } from 'react';
import { Time } from '../../ui/age.js';
import { Diff } from '../../ui/diff.js';

/** A definition as it once was. */
export interface Version {
  number: number;
  at: string | null;
  /** Null: as it was delivered. */
  by: string | null;
  definition: object;
}

interface Props {
  /** What one of them is called: "version". */
  noun: string;
  /** Newest first; at least two. */
  versions: readonly Version[];
}

/** Any two versions beside one another, and the list of all. */
export function ComparedVersions({ noun, versions }: Props) {
  const [newer, older] = versions;
  const [before, setBefore] = useState(older!.number);
  const [after, setAfter] = useState(newer!.number);
  const of = (number: number): object => versions.find((one) => one.number === number)?.definition ?? {};
  const choice = { noun, versions };
  return (
    <>
      <div className="toolbar">
        <Choice {...choice} label="Compare" value={before} onChange={setBefore} />
        <Choice {...choice} label="with" value={after} onChange={setAfter} />
      </div>
      <Diff
        before={of(before)}
        after={of(after)}
        label={`${noun[0]!.toUpperCase()}${noun.slice(1)} ${before} to ${after}`}
      />
      <details className="part">
        <summary>
          All {versions.length} {noun}s
        </summary>
        <ul className="checks">
          {versions.map(({ number, at, by }) => (
            <li key={number}>
              <b>{number}</b>
              <span>{by === null ? 'as it was delivered' : `by ${by}`}</span>
              <span className="muted nowrap">{at !== null && <Time at={at} />}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface ChoiceProps extends Props {
  label: string;
  value: number;
  onChange(number: number): void;
}

function Choice({ label, noun, value, versions, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <span className="inline">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input choice"
        value={value}
        onChange={(event) => onChange(Number(event.currentTarget.value))}
      >
        {versions.map(({ number, by }) => (
          <option key={number} value={number}>
            {noun} {number}
            {by === null ? ', as delivered' : ''}
          </option>
        ))}
      </select>
    </span>
  );
}
