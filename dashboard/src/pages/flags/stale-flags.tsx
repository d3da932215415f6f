import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { staleFlagsQuery } from '../../api/flags.js';
import { Answer } from '../../ui/answer.js';
import { Ago } from '../../ui/age.js';
import { Empty } from '../../ui/empty.js';
import { useTitle } from '../../ui/use-title.js';
import { STALE_REASONS } from '../../words/flags.js';
import { STALE_DAYS, type StaleFlag } from './stale.js';

const DAYS = [0, 7, STALE_DAYS, 90] as const;

/** Flags that the code can do without, why, and what to do. */
export function StaleFlags() {
  useTitle('Flags to tidy up');
  const [days, setDays] = useState<number>(STALE_DAYS);
  const query = useQuery(staleFlagsQuery(days));
  return (
    <>
      <div>
        <p className="crumb">
          <Link to="/flags">Flags</Link>
        </p>
        <div className="head">
          <div>
            <h1>To tidy up</h1>
            <p className="meta">Flags that no longer decide anything, so that the code can do without them</p>
          </div>
        </div>
      </div>
      <div className="toolbar">
        <label className="inline">
          Unchanged for
          <select
            className="input choice"
            value={days}
            onChange={(event) => setDays(Number(event.currentTarget.value))}
          >
            {DAYS.map((one) => (
              <option key={one} value={one}>
                {one === 0 ? 'any time' : `${one} days`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Answer query={query} what="the report">
        {(flags) =>
          flags.length === 0 ? (
            <Empty title="Nothing is to tidy up">
              Every flag still decides something, or was changed in the last {days} days.
            </Empty>
          ) : (
            <div className="card">
              <StaleTable flags={flags} />
            </div>
          )
        }
      </Answer>
    </>
  );
}

function StaleTable({ flags }: { flags: readonly StaleFlag[] }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Flag</th>
          <th scope="col">Why</th>
          <th scope="col">What to do</th>
          <th scope="col">Unchanged since</th>
        </tr>
      </thead>
      <tbody>
        {flags.map(({ flag_id, reason, remedy, since }) => (
          <tr key={flag_id}>
            <td data-l="Flag">
              <Link className="strong" to="/flags/$flag_id/overview" params={{ flag_id }}>
                {flag_id}
              </Link>
            </td>
            <td data-l="Why">
              <span>
                {STALE_REASONS[reason].text}
                <span className="sub">{STALE_REASONS[reason].sentence}</span>
              </span>
            </td>
            <td data-l="What to do">{`${remedy[0]!.toUpperCase()}${remedy.slice(1)}.`}</td>
            <td data-l="Since">
              <Ago at={since} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
