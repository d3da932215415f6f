import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { policyVersionsQuery, type PolicyVersion } from '../../api/library.js';
import { Answer } from '../../ui/answer.js';
import { Time } from '../../ui/age.js';
import { Card } from '../../ui/card.js';
import { Diff } from '../../ui/diff.js';

/** Every version of a policy, and any two of them beside one another. */
export function PolicyVersions({ policy_id, newest }: { policy_id: string; newest: number }) {
  const query = useQuery(policyVersionsQuery(policy_id));
  return (
    <Card title="Versions">
      <Answer query={query} what="its versions">
        {({ items }) =>
          items.length < 2 ? (
            <p className="muted">This is its only version.</p>
          ) : (
            <Compared key={newest} versions={items} />
          )
        }
      </Answer>
    </Card>
  );
}

function Compared({ versions }: { versions: readonly PolicyVersion[] }) {
  const [newer, older] = versions;
  const [before, setBefore] = useState(older!.version);
  const [after, setAfter] = useState(newer!.version);
  // That the number of the version differs says nothing.
  const of = (version: number): object => {
    const found = versions.find((one) => one.version === version)?.definition ?? {};
    return Object.fromEntries(Object.entries(found).filter(([field]) => field !== 'version'));
  };
  return (
    <>
      <div className="toolbar">
        <Choice label="Compare" value={before} versions={versions} onChange={setBefore} />
        <Choice label="with" value={after} versions={versions} onChange={setAfter} />
      </div>
      <Diff before={of(before)} after={of(after)} label={`Version ${before} to ${after}`} />
      <details className="part">
        <summary>All {versions.length} versions</summary>
        <ul className="checks">
          {versions.map(({ version, at, by }) => (
            <li key={version}>
              <b>{version}</b>
              <span>{by === null ? 'as it was delivered' : `by ${by}`}</span>
              <span className="muted nowrap">{at !== null && <Time at={at} />}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: number;
  versions: readonly PolicyVersion[];
  onChange(version: number): void;
}

function Choice({ label, value, versions, onChange }: ChoiceProps) {
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
        {versions.map(({ version, by }) => (
          <option key={version} value={version}>
            version {version}
            {by === null ? ', as delivered' : ''}
          </option>
        ))}
      </select>
    </span>
  );
}
