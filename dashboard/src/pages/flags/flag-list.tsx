import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { definitionOf, flagsQuery, staleFlagsQuery } from '../../api/flags.js';
import { useMay } from '../../session/use-session.js';
import { Answer } from '../../ui/answer.js';
import { Ago } from '../../ui/age.js';
import { Empty } from '../../ui/empty.js';
import { Icon } from '../../ui/icon.js';
import { Pill } from '../../ui/pill.js';
import { useTitle } from '../../ui/use-title.js';
import { servingSummary } from '../../words/flag-sentences.js';
import { FLAG_KINDS, kindOf, onOff, STALE_REASONS, type Flag, type FlagKind } from '../../words/flags.js';
import { count } from '../../words/format.js';
import { isOnly, ONLY, selected, type FlagSearch, type Only } from './search.js';
import { STALE_DAYS, type StaleFlag } from './stale.js';

/** So many rows are shown at once. */
const ROWS = 200;

const ONLY_WORDS: Record<Only, string> = {
  on: 'On',
  off: 'Off',
  driven: 'In an experiment',
  stale: 'To tidy up',
  unserved: 'Not served',
};

/** All flags: what each serves, what drives it, and whether it is still needed. */
export function FlagList() {
  useTitle('Flags');
  const flags = useQuery(flagsQuery);
  const stale = useQuery(staleFlagsQuery(STALE_DAYS)).data ?? [];
  const may = useMay('define');
  return (
    <>
      <div className="head">
        <h1>Flags</h1>
        <div className="acts">
          <Link className="btn" to="/flags/stale">
            Tidy up{stale.length > 0 && `: ${count(stale.length)}`}
          </Link>
          {may && (
            <Link className="btn primary" to="/flags/new">
              New flag
            </Link>
          )}
        </div>
      </div>
      <Answer query={flags} what="the flags">
        {(all) =>
          all.length === 0 ? (
            <Empty title="There is no flag yet">
              A flag switches something on for some or all, serves variants, or a value by segment.
            </Empty>
          ) : (
            <Listed all={all} stale={new Map(stale.map((one) => [one.flag_id, one]))} />
          )
        }
      </Answer>
    </>
  );
}

function Listed({ all, stale }: { all: readonly Flag[]; stale: ReadonlyMap<string, StaleFlag> }) {
  const search = useSearch({ from: '/flags' });
  const [rows, setRows] = useState(ROWS);
  const ids = new Set(stale.keys());
  const shown = selected(all, search, ids);
  return (
    <>
      <Filters all={all} stale={ids} search={search} found={shown.length} />
      <div className="card">
        {shown.length === 0 ? (
          <Empty title="No flag is like that">Take a filter away to see more.</Empty>
        ) : (
          <table className="t stack flags">
            <thead>
              <tr>
                <th scope="col">Flag</th>
                <th scope="col">State</th>
                <th scope="col">Kind</th>
                <th scope="col">Serves</th>
                <th scope="col">Experiment</th>
                <th scope="col">Changed</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, rows).map((flag) => (
                <Row key={flag.flag_id} flag={flag} stale={stale.get(flag.flag_id)} />
              ))}
            </tbody>
          </table>
        )}
        {shown.length > rows && (
          <p className="body">
            <button type="button" className="btn" onClick={() => setRows(rows + ROWS)}>
              Show {count(Math.min(ROWS, shown.length - rows))} more of {count(shown.length)}
            </button>
          </p>
        )}
      </div>
    </>
  );
}

function Filters({
  all,
  stale,
  search,
  found,
}: {
  all: readonly Flag[];
  stale: ReadonlySet<string>;
  search: FlagSearch;
  found: number;
}) {
  const navigate = useNavigate({ from: '/flags' });
  const change = (part: { [Key in keyof FlagSearch]?: FlagSearch[Key] | undefined }): void => {
    const next = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined);
    void navigate({ search: Object.fromEntries(next) as FlagSearch, replace: true });
  };
  return (
    <div className="toolbar filters" role="search" aria-label="Flags">
      <input
        type="search"
        className="input"
        aria-label="Find by name, words, tag, owner or experiment"
        placeholder="Find a flag"
        value={search.q ?? ''}
        onChange={(event) => change({ q: event.currentTarget.value || undefined })}
      />
      <select
        className="input"
        aria-label="Kind"
        value={search.kind ?? ''}
        onChange={(event) =>
          change({ kind: (event.currentTarget.value || undefined) as FlagKind | undefined })
        }
      >
        <option value="">Every kind</option>
        {Object.entries(FLAG_KINDS).map(([kind, { text }]) => (
          <option key={kind} value={kind}>
            {text}
          </option>
        ))}
      </select>
      <span className="chips" role="group" aria-label="Only">
        {ONLY.map((only) => {
          const n = all.filter((flag) => isOnly(flag, only, stale)).length;
          if (n === 0 && search.only !== only) return null;
          return (
            <button
              key={only}
              type="button"
              className="chip"
              aria-pressed={search.only === only}
              onClick={() => change({ only: search.only === only ? undefined : only })}
            >
              {only === 'unserved' && <Icon name="warn" className="is-hold" />}
              {ONLY_WORDS[only]} {count(n)}
            </button>
          );
        })}
      </span>
      <span className="muted" role="status">
        {found === all.length ? count(all.length) : `${count(found)} of ${count(all.length)}`}
      </span>
    </div>
  );
}

function Row({ flag, stale }: { flag: Flag; stale: StaleFlag | undefined }) {
  const { flag_id, description, revision, updated_at, driven_by = [], unserved } = flag;
  const { text, icon, tone } = onOff(flag);
  return (
    <tr>
      <td data-l="Flag">
        <Link className="strong" to="/flags/$flag_id/overview" params={{ flag_id }}>
          {flag_id}
        </Link>
        {description !== undefined && <span className="sub">{description}</span>}
        {unserved && (
          <span className="sub is-hold">
            <Icon name="warn" /> Not served: {unserved.reason}
          </span>
        )}
      </td>
      <td data-l="State">
        <span>
          <Pill tone={tone} icon={icon}>
            {text}
          </Pill>
          {stale && <span className="sub">{STALE_REASONS[stale.reason].text}, to tidy up</span>}
        </span>
      </td>
      <td data-l="Kind">{FLAG_KINDS[kindOf(flag)].text}</td>
      <td data-l="Serves">
        <span>{servingSummary(definitionOf(flag))}</span>
      </td>
      <td data-l="Experiment">
        <span>
          {driven_by.length === 0 && <span className="muted">none</span>}
          {driven_by.map((experiment_id) => (
            <Link key={experiment_id} to="/experiments/$experiment_id/overview" params={{ experiment_id }}>
              {experiment_id}
            </Link>
          ))}
        </span>
      </td>
      <td data-l="Changed">
        <span>
          <Ago at={updated_at} />
          <span className="sub">revision {revision}</span>
        </span>
      </td>
    </tr>
  );
}
