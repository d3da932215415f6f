import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Certificate } from '../../../../../src/certificates/certificate.js';
import type { Schemas } from '../../../api/client.js';
import { certificateQuery, decisionsQuery } from '../../../api/history.js';
import { experimentQuery, lookQuery, planQuery } from '../../../api/queries.js';
import { askEngine } from '../../../certificates/ask.js';
import { Answer, Loading } from '../../../ui/answer.js';
import { Empty } from '../../../ui/empty.js';
import { useLook } from '../past/use-look.js';
import { certificateHref } from './certificate-link.js';
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
  const look = useLook();
  const shown = useQuery({ ...lookQuery(experiment_id, look ?? ''), enabled: look !== undefined });
  if (look === undefined) return <DecisionsUntil experiment_id={experiment_id} until={null} />;
  return (
    <Answer query={shown} what="the look">
      {(data) => data && <DecisionsUntil experiment_id={experiment_id} until={data.decision_n ?? 0} isPast />}
    </Answer>
  );
}

interface UntilProps {
  experiment_id: string;
  /** The last one that is shown; null for all of them. */
  until: number | null;
  isPast?: boolean;
}

function DecisionsUntil({ experiment_id, until, isPast = false }: UntilProps) {
  const query = useInfiniteQuery(decisionsQuery(experiment_id));
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const decisions = (data?.pages ?? [])
    .flatMap(({ items }) => items)
    .filter(({ n }) => until === null || n <= until);
  const isBehind = data !== undefined && decisions.length === 0 && until !== 0 && hasNextPage;
  useEffect(() => {
    if (isBehind && !isFetchingNextPage) void fetchNextPage();
  }, [isBehind, isFetchingNextPage, fetchNextPage]);
  return (
    <Answer query={query} what="its decisions">
      {() => {
        if (isBehind) return <Loading what="its decisions of then" />;
        if (decisions.length === 0)
          return (
            <Empty title={isPast ? 'Nothing was decided until then' : 'Nothing was decided yet'}>
              The first decision comes with the first look, once units are exposed.
            </Empty>
          );
        return (
          <Shown
            experiment_id={experiment_id}
            decisions={decisions}
            isPast={isPast}
            older={hasNextPage ? () => void fetchNextPage() : null}
            isLoading={isFetchingNextPage}
          />
        );
      }}
    </Answer>
  );
}

interface Props {
  experiment_id: string;
  decisions: DecisionLine[];
  /** They are those up to a look of the past. */
  isPast: boolean;
  /** Asks for older ones; null where these are all. */
  older: (() => void) | null;
  isLoading: boolean;
}

function Shown({ experiment_id, decisions, isPast, older, isLoading }: Props) {
  const { n, look } = useSearch({ from: '/experiments/$experiment_id/decisions' });
  const navigate = useNavigate({ from: '/experiments/$experiment_id/decisions' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const chosen = decisions.find((one) => one.n === n) ?? decisions[0]!;
  return (
    <>
      <DecisionLife
        decisions={decisions}
        chosen={chosen.n}
        isOver={experiment.state === 'completed' && !isPast}
        hasOlder={older !== null}
        onChoose={(one) =>
          void navigate({
            search: ({ look }) => ({ n: one, ...(look !== undefined && { look }) }),
            replace: true,
            resetScroll: false,
          })
        }
      />
      {isPast && chosen === decisions[0] && chosen.snapshot_id !== look && (
        <p className="muted">
          Decision {chosen.n} was taken at an earlier look, whose numbers it shows. At the look of then it
          stood unchanged.
        </p>
      )}
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
        <a href={certificateHref(experiment_id, n)} download={`${experiment_id}-${n}.json`}>
          Download the certificate
        </a>{' '}
        and check it elsewhere: <code>rampart verify {`${experiment_id}-${n}.json`}</code>
      </p>
    </>
  );
}
