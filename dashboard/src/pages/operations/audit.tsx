import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useId, useState, type FormEvent } from 'react';
import { auditQuery } from '../../api/administration.js';
import { Answer } from '../../ui/answer.js';
import { Empty } from '../../ui/empty.js';
import { useTitle } from '../../ui/use-title.js';
import { AuditLine } from './audit-line.js';
import { ChainCheck } from './chain-check.js';
import { OperationsNav } from './operations-nav.js';

/** Who changed what, newest first. */
export function Audit() {
  const { actor, subject } = useSearch({ from: '/operations/audit' });
  const query = useInfiniteQuery(auditQuery({ actor, subject }));
  useTitle('Audit');
  return (
    <>
      <div>
        <div className="head">
          <div>
            <h1>Audit trail</h1>
            <p className="meta">Every change by a person or by the engine, written down before it is made.</p>
          </div>
        </div>
        <OperationsNav />
      </div>
      <ChainCheck />
      <Filters key={`${actor} ${subject}`} actor={actor ?? ''} subject={subject ?? ''} />
      <Answer query={query} what="the audit trail">
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items);
          if (entries.length === 0) return <None isFiltered={(actor ?? subject) !== undefined} />;
          return (
            <div className="card">
              <ul className="audit">
                {entries.map((entry) => (
                  <AuditLine key={entry.seq} entry={entry} />
                ))}
              </ul>
            </div>
          );
        }}
      </Answer>
      {query.hasNextPage && (
        <p>
          <button
            type="button"
            className="btn"
            onClick={() => void query.fetchNextPage()}
            disabled={query.isFetchingNextPage}
          >
            {query.isFetchingNextPage ? 'Loading…' : 'Show older entries'}
          </button>
        </p>
      )}
    </>
  );
}

function None({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No entry is like that">
      Both filters take whole ids: that of a key, and that of a thing.
    </Empty>
  ) : (
    <Empty title="Nothing was changed yet">The first change that somebody makes appears here.</Empty>
  );
}

function Filters({ actor, subject }: { actor: string; subject: string }) {
  const navigate = useNavigate({ from: '/operations/audit' });
  const id = useId();
  const [by, setBy] = useState(actor);
  const [of, setOf] = useState(subject);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const given = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim());
    void navigate({ search: { actor: given(by), subject: given(of) } });
  }

  return (
    <form className="toolbar filters" onSubmit={submit} role="search">
      <div className="field">
        <label htmlFor={`${id}-by`}>By whom</label>
        <input
          id={`${id}-by`}
          className="input"
          placeholder="id of a key"
          value={by}
          onChange={(event) => setBy(event.currentTarget.value)}
        />
      </div>
      <div className="field">
        <label htmlFor={`${id}-of`}>Of what</label>
        <input
          id={`${id}-of`}
          className="input"
          placeholder="id of an experiment, a flag …"
          value={of}
          onChange={(event) => setOf(event.currentTarget.value)}
        />
      </div>
      <button type="submit" className="btn">
        Filter
      </button>
      {(actor !== '' || subject !== '') && (
        <button type="button" className="btn quiet" onClick={() => void navigate({ search: {} })}>
          Show all
        </button>
      )}
    </form>
  );
}
