import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { definitionOf, restoreFlag, revisionsQuery } from '../../api/flags.js';
import type { paths } from '../../api/schema.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Answer } from '../../ui/answer.js';
import { Time } from '../../ui/age.js';
import { Card } from '../../ui/card.js';
import { Confirm } from '../../ui/confirm.js';
import { Diff } from '../../ui/diff.js';
import { diffSummary, jsonDiff } from '../../ui/line-diff.js';
import type { Compared } from './compared.js';
import { useDesk } from './draft.js';

type Revision =
  paths['/v1/flags/{flag_id}/revisions']['get']['responses'][200]['content']['application/json']['items'][number];

/** Every revision that is kept, what changed between any two, and the way back. */
export function FlagRevisions() {
  const { flag } = useDesk();
  const query = useInfiniteQuery(revisionsQuery(flag.flag_id));
  return (
    <Answer query={query} what="the revisions">
      {({ pages }) => {
        const revisions = pages.flatMap(({ items }) => items);
        return (
          <>
            <Comparison revisions={revisions} />
            <Card title="Revisions" flush>
              <RevisionTable revisions={revisions} />
              {query.hasNextPage && (
                <p className="body">
                  <button
                    type="button"
                    className="btn"
                    disabled={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Show older ones
                  </button>
                </p>
              )}
            </Card>
          </>
        );
      }}
    </Answer>
  );
}

/** The two that the address names, or the newest and the one before. */
function useCompared(
  revisions: readonly Revision[],
): Required<Compared> & { choose: (pair: Compared) => void } {
  const search = useSearch({ from: '/flags/$flag_id/revisions' });
  const navigate = useNavigate({ from: '/flags/$flag_id/revisions' });
  const newest = revisions[0]?.revision ?? 1;
  const to = search.to ?? newest;
  const before = revisions.find(({ revision }) => revision < to)?.revision ?? to;
  return {
    from: search.from ?? before,
    to,
    choose: (pair) => void navigate({ search: { ...search, ...pair }, replace: true }),
  };
}

function Comparison({ revisions }: { revisions: readonly Revision[] }) {
  const { from, to, choose } = useCompared(revisions);
  const find = (n: number) => revisions.find(({ revision }) => revision === n);
  const [before, after] = [find(from), find(to)];
  const options = revisions.map(({ revision }) => (
    <option key={revision} value={revision}>
      Revision {revision}
    </option>
  ));
  return (
    <Card title={from === to ? `Revision ${to}, the first that is kept` : `From revision ${from} to ${to}`}>
      <div className="toolbar">
        <label className="inline">
          From
          <select
            className="input choice"
            value={from}
            onChange={(event) => choose({ from: Number(event.currentTarget.value), to })}
          >
            {options}
          </select>
        </label>
        <label className="inline">
          to
          <select
            className="input choice"
            value={to}
            onChange={(event) => choose({ from, to: Number(event.currentTarget.value) })}
          >
            {options}
          </select>
        </label>
      </div>
      <div className="part-gap">
        {before && after ? (
          <Diff
            before={from === to ? undefined : before.definition}
            after={after.definition}
            label={`Revision ${from} to ${to}`}
          />
        ) : (
          <p className="muted">One of them is not among the revisions below.</p>
        )}
      </div>
    </Card>
  );
}

function RevisionTable({ revisions }: { revisions: readonly Revision[] }) {
  const { from, to, choose } = useCompared(revisions);
  const { flag } = useDesk();
  const may = useMay('define');
  const [restored, setRestored] = useState<Revision | null>(null);
  return (
    <>
      <table className="t stack">
        <thead>
          <tr>
            <th scope="col">Revision</th>
            <th scope="col">When</th>
            <th scope="col">By</th>
            <th scope="col">Changed</th>
            <th scope="col">
              <span className="visually-hidden">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {revisions.map((one, at) => {
            const before = revisions[at + 1];
            const isShown = one.revision === to && (before?.revision ?? to) === from;
            return (
              <tr key={one.revision} aria-current={isShown || undefined}>
                <td data-l="Revision">
                  <b>{one.revision}</b>
                  {one.revision === flag.revision && <span className="muted"> now</span>}
                </td>
                <td data-l="When">
                  <Time at={one.at} />
                </td>
                <td data-l="By">{one.by}</td>
                <td data-l="Changed">
                  {before
                    ? diffSummary(jsonDiff(before.definition, one.definition))
                    : 'The first that is kept'}
                </td>
                <td data-l="">
                  <span className="acts-row">
                    {before && (
                      <button
                        type="button"
                        className="btn quiet"
                        onClick={() => choose({ from: before.revision, to: one.revision })}
                      >
                        Compare <span className="visually-hidden">with revision {before.revision}</span>
                      </button>
                    )}
                    {may && one.revision !== flag.revision && (
                      <ActionButton why_not={lockOf(flag.driven_by)} onClick={() => setRestored(one)}>
                        Restore…
                      </ActionButton>
                    )}
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {restored && <RestoreDialog old={restored} onClose={() => setRestored(null)} />}
    </>
  );
}

function lockOf(driven_by: readonly string[] | undefined): string | null {
  if (!driven_by) return null;
  return `Experiment ${driven_by.join(', ')} runs on this flag: nothing is restored until it ends.`;
}

function RestoreDialog({ old, onClose }: { old: Revision; onClose: () => void }) {
  const { flag, change } = useDesk();
  const queries = useQueryClient();
  const { flag_id, revision } = flag;
  return (
    <Confirm
      title={`Restore revision ${old.revision}`}
      verb={`Make it revision ${revision + 1}`}
      kind="primary"
      unanswered="Look at its revisions before you repeat it."
      onClose={onClose}
      onConfirm={async () => {
        await restoreFlag(flag_id, old.revision);
        change(null);
        await Promise.all([
          queries.invalidateQueries({ queryKey: ['flag', flag_id] }),
          queries.invalidateQueries({ queryKey: ['flags'] }),
        ]);
      }}
    >
      <p>It is served as soon as it is stored. The revisions in between are kept.</p>
      <Diff
        before={definitionOf(flag)}
        after={old.definition}
        label={`Revision ${revision} to ${revision + 1}`}
      />
    </Confirm>
  );
}
