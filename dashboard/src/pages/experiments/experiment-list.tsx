import { Link, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useMemo } from 'react';
import { useMay } from '../../session/use-session.js';
import { Answer } from '../../ui/answer.js';
import { useNow } from '../../ui/age.js';
import { Empty } from '../../ui/empty.js';
import { saveFile } from '../../ui/save-file.js';
import { useTitle } from '../../ui/use-title.js';
import { count } from '../../words/format.js';
import { Filters } from './filters.js';
import { grouped, matching, type Group, type Listed } from './rows.js';
import { useExperiments } from './use-experiments.js';
import { VirtualList } from './virtual-list.js';

/** All experiments: those that need somebody first. */
export function ExperimentList() {
  useTitle('Experiments');
  const { query, experiments, ended } = useExperiments();
  const mayDefine = useMay('define');
  const isEmpty = query.data !== undefined && experiments.length === 0;
  return (
    <>
      <div className="head">
        <h1>Experiments</h1>
        {mayDefine && !isEmpty && (
          <div className="acts">
            <Link className="btn primary" to="/experiments/new">
              New experiment
            </Link>
          </div>
        )}
      </div>
      <Answer query={query} what="the experiments">
        {() =>
          isEmpty ? <NoExperiment mayDefine={mayDefine} /> : <Found experiments={experiments} ended={ended} />
        }
      </Answer>
    </>
  );
}

function NoExperiment({ mayDefine }: { mayDefine: boolean }) {
  return (
    <div className="card">
      <Empty
        title="No experiment yet"
        action={
          mayDefine && (
            <Link className="btn primary" to="/experiments/new">
              New experiment
            </Link>
          )
        }
      >
        One needs a metric that decides, events that measure it, and a flag or a config to serve.
      </Empty>
    </div>
  );
}

/** Ages in the list are told by the minute: it is not drawn anew each second. */
const STEP_MS = 15_000;

function Found({ experiments, ended }: { experiments: readonly Listed[]; ended: number }) {
  const search = useSearch({ from: '/experiments' });
  const now = Math.floor(useNow() / STEP_MS) * STEP_MS;
  const { q, owner, layer, show } = useDeferredValue(search);
  const found = useMemo(
    () =>
      matching(experiments, {
        ...(q !== undefined && { q }),
        ...(owner !== undefined && { owner }),
        ...(layer !== undefined && { layer }),
      }),
    [experiments, q, owner, layer],
  );
  const groups = useMemo(() => grouped(found, show), [found, show]);
  const shown = groups.reduce((sum, group) => sum + group.experiments.length, 0);
  const known = experiments.filter(({ state }) => state === 'completed').length;
  return (
    <>
      <Filters search={search} experiments={experiments} matching={found} ended={ended} />
      {shown === 0 ? <NothingFound search={search} /> : <VirtualList groups={groups} now={now} />}
      <div className="list-foot small muted">
        <span role="status">
          {count(shown)} {shown === 1 ? 'experiment' : 'experiments'} shown
          {known < ended && `; of ${count(ended)} that ended, the newest ${count(known)} are here`}
        </span>
        {shown > 0 && <SaveList groups={groups} />}
        <span className="only-wide">
          <kbd>j</kbd> <kbd>k</kbd> next and previous, <kbd>Enter</kbd> opens
        </span>
      </div>
    </>
  );
}

/** What is shown, as a file for spreadsheets. */
function SaveList({ groups }: { groups: readonly Group[] }) {
  const save = async (): Promise<void> => {
    const { listCsv } = await import('./list-csv.js');
    const text = listCsv(groups.flatMap(({ experiments }) => experiments));
    saveFile('experiments.csv', 'text/csv;charset=utf-8', text);
  };
  return (
    <button type="button" className="link" onClick={() => void save()}>
      Download CSV
    </button>
  );
}

function NothingFound({ search }: { search: { q?: string } }) {
  return (
    <div className="card">
      <Empty
        title={
          search.q === undefined ? 'No experiment is like this' : `No experiment is called “${search.q}”`
        }
        action={
          <Link className="btn" to="/experiments" search={{}}>
            Show all
          </Link>
        }
      >
        No name or id fits the filters above.
      </Empty>
    </div>
  );
}
