import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { experimentQuery, planQuery, waitingQuery } from '../../../api/queries.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { useNow } from '../../../ui/age.js';
import { Figure } from '../../../pictures/figure.js';
import { Ramp, RampTable, type Stage } from '../../../pictures/ramp.js';
import { shortTime } from '../../../words/times.js';
import { useResults } from '../past/use-look.js';
import { Arms } from './arms.js';
import { Checks } from './checks.js';
import { OverviewThen } from './then.js';
import { Trio } from './trio.js';

/** What is served, why, and what must happen next. */
export function Overview() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const plan = useQuery(planQuery(experiment));
  const waiting = useQuery(waitingQuery(experiment));
  const { results, isPast } = useResults(experiment);
  if (experiment.state === 'draft') {
    return (
      <Empty title="This is a draft">
        Nobody is in it yet, so there is nothing to see. Its definition can be changed until it is started.
      </Empty>
    );
  }
  if (isPast) return <OverviewThen experiment={experiment} results={results} plan={plan} />;
  return (
    <>
      <Answer query={waiting} what="what it waits for">
        {(data) =>
          data && (
            <Trio
              experiment={experiment}
              waiting={data}
              results={results.data ?? null}
              plan={plan.data ?? null}
            />
          )
        }
      </Answer>
      <Answer query={plan} what="its plan">
        {(data) => data && <Life stages={data.stages} interruptions={data.interruptions} />}
      </Answer>
      <div className="grid cols-21">
        <Answer query={results} what="its results">
          {(data) => <Arms experiment={experiment} results={data} plan={plan.data ?? null} />}
        </Answer>
        {waiting.data && waiting.data.before_shipping.length > 0 && (
          <Card title="Before it may ship">
            <Checks conditions={waiting.data.before_shipping} />
          </Card>
        )}
      </div>
    </>
  );
}

/** The stages of its life, as a picture. */
function Life({ stages, interruptions }: Pick<Parameters<typeof Ramp>[0], 'stages' | 'interruptions'>) {
  const now = useNow();
  return (
    <div className="card">
      <div className="body">
        <Figure
          title={findingOf(stages, now)}
          how="Columns are stages, not to scale in time; height is the root of the share"
          table={<RampTable stages={stages} now={now} />}
        >
          {(width) => <Ramp stages={stages} interruptions={interruptions} now={now} width={width} />}
        </Figure>
      </div>
    </div>
  );
}

function findingOf(stages: readonly Stage[], now: number): string {
  const run = stages.find(({ kind }) => kind === 'run');
  const present = stages.find(({ status }) => status === 'now');
  if (!present) return stages.some(({ status }) => status === 'planned') ? 'What is planned' : 'How it went';
  const at = (text: string | null): string => (text === null ? 'later' : shortTime(Date.parse(text), now));
  if (present.kind === 'ramp') {
    const all = stages.filter(({ kind }) => kind === 'ramp').length + 1;
    return `Step ${present.step + 1} of ${all}: everyone can be reached ${at(run?.from ?? null)}, decided ${at(run?.until ?? null)} at the latest`;
  }
  if (present.kind === 'run') return `Everyone can be reached; decided ${at(present.until)} at the latest`;
  return present.kind === 'rollout' ? 'The winner goes to more people' : `Watched until ${at(present.until)}`;
}
