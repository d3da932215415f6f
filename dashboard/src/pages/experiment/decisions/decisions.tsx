import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { Certificate } from '../../../../../src/certificates/certificate.js';
import type { Schemas } from '../../../api/client.js';
import { certificateQuery, decisionsQuery } from '../../../api/history.js';
import { experimentQuery, planQuery } from '../../../api/queries.js';
import { askEngine } from '../../../certificates/ask.js';
import { Answer } from '../../../ui/answer.js';
import { Empty } from '../../../ui/empty.js';
import { DecisionList } from './decision-list.js';
import type { DecisionLine } from './decision-rows.js';
import { DecisionLife } from './life.js';
import { OtherPolicy } from './other-policy.js';
import { Reasons } from './reasons.js';
import { DecisionTable } from './table.js';
import { Verify } from './verify.js';

/** What was decided, by which row of the table, on which numbers. */
export function Decisions() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const query = useInfiniteQuery(decisionsQuery(experiment_id));
  return (
    <Answer query={query} what="its decisions">
      {({ pages }) => {
        const decisions = pages.flatMap(({ items }) => items);
        if (decisions.length === 0)
          return (
            <Empty title="Nothing was decided yet">
              The first decision comes with the first look, once units are exposed.
            </Empty>
          );
        return (
          <Shown
            experiment_id={experiment_id}
            decisions={decisions}
            older={query.hasNextPage ? () => void query.fetchNextPage() : null}
            isLoading={query.isFetchingNextPage}
          />
        );
      }}
    </Answer>
  );
}

interface Props {
  experiment_id: string;
  decisions: DecisionLine[];
  /** Asks for older ones; null where these are all. */
  older: (() => void) | null;
  isLoading: boolean;
}

function Shown({ experiment_id, decisions, older, isLoading }: Props) {
  const { n } = useSearch({ from: '/experiments/$experiment_id/decisions' });
  const navigate = useNavigate({ from: '/experiments/$experiment_id/decisions' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const chosen = decisions.find((one) => one.n === n) ?? decisions[0]!;
  return (
    <>
      <DecisionLife
        decisions={decisions}
        chosen={chosen.n}
        isOver={experiment.state === 'completed'}
        hasOlder={older !== null}
        onChoose={(one) => void navigate({ search: { n: one }, replace: true, resetScroll: false })}
      />
      <div className="dgrid">
        <nav className="card dlist" aria-label="Decisions">
          <DecisionList decisions={decisions} chosen={chosen.n} />
          {older && (
            <button type="button" className="fold" onClick={older} disabled={isLoading}>
              {isLoading ? 'Loading older ones…' : 'Show older ones'}
            </button>
          )}
        </nav>
        <div className="grid">
          <Detail key={chosen.n} experiment={experiment} decision={chosen} />
        </div>
      </div>
      <OtherPolicy experiment={experiment} />
    </>
  );
}

function Detail({ experiment, decision }: { experiment: Schemas['Experiment']; decision: DecisionLine }) {
  const { experiment_id, policy } = experiment;
  const { n } = decision;
  const certificate = useQuery(certificateQuery(experiment_id, n));
  const plan = useQuery(planQuery(experiment));
  const given = certificate.data;
  const walked = useQuery({
    queryKey: ['walk', experiment_id, n],
    queryFn: () => askEngine({ kind: 'walk', certificate: given as unknown as Certificate }),
    enabled: given !== undefined,
  });
  const units = given?.circumstances?.look.units;
  return (
    <>
      <Reasons
        decision={decision}
        units={units === undefined ? null : Object.values(units).reduce((sum, one) => sum + one, 0)}
        tests={plan.data?.thresholds.tests ?? 1}
      />
      <DecisionTable
        decision={decision}
        walked={walked}
        policy={`Policy ${policy.id}${policy.version === null ? '' : `, version ${policy.version}`}, as at the start`}
      />
      <Verify experiment_id={experiment_id} decision={decision} />
      <p className="small muted">
        <a
          href={`/v1/experiments/${encodeURIComponent(experiment_id)}/decisions/${n}/certificate`}
          download={`${experiment_id}-${n}.json`}
        >
          Download the certificate
        </a>{' '}
        and check it elsewhere: <code>rampart verify {`${experiment_id}-${n}.json`}</code>
      </p>
    </>
  );
}
