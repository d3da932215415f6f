import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../../api/client.js';
import { certificateQuery } from '../../../api/history.js';
import { Figure } from '../../../pictures/figure.js';
import { Ramp, RampTable } from '../../../pictures/ramp.js';
import { Answer } from '../../../ui/answer.js';
import { Time, useNow } from '../../../ui/age.js';
import { HOLDS, type HoldCode } from '../../../words/codes.js';
import { percent } from '../../../words/format.js';
import { shortTime } from '../../../words/times.js';
import { certificateHref } from '../decisions/certificate-link.js';
import { planAt } from '../past/as-of.js';
import { useLookSearch } from '../past/use-look.js';
import { Arms } from './arms.js';
import { Line, Units, Why } from './trio.js';

type Experiment = Schemas['Experiment'];
type Results = Schemas['Results'];
type Plan = Schemas['Plan'];

interface Props {
  experiment: Experiment;
  results: UseQueryResult<Results | null>;
  plan: UseQueryResult<Plan | null>;
}

/** The overview as it was when a look was taken: what is recorded of it, and no more. */
export function OverviewThen({ experiment, results, plan }: Props) {
  return (
    <Answer query={results} what="the look">
      {(data) =>
        data && (
          <Answer query={plan} what="its plan">
            {(its) =>
              its && (
                <div
                  className={results.isPlaceholderData ? 'grid is-old' : 'grid'}
                  aria-busy={results.isPlaceholderData}
                >
                  <Shown experiment={experiment} results={data} plan={planAt(its, Date.parse(data.at))} />
                </div>
              )
            }
          </Answer>
        )
      }
    </Answer>
  );
}

interface ShownProps {
  experiment: Experiment;
  results: Results;
  /** As it was then. */
  plan: Plan;
}

function Shown({ experiment, results, plan }: ShownProps) {
  const now = useNow();
  const at = Date.parse(results.at);
  const tell = (moment: number): string => shortTime(moment, now);
  const { stages, interruptions } = plan;
  return (
    <>
      <div className="card trio">
        <Then experiment={experiment} results={results} plan={plan} />
        <Why decision={results.decision} nothing="Nothing was decided until then" />
        <Certified experiment_id={experiment.experiment_id} n={results.decision_n} />
      </div>
      <div className="card">
        <div className="body">
          <Figure
            title="How far it had come"
            how="Columns are stages, not to scale in time. When later ones would begin is not known any more"
            table={<RampTable stages={stages} now={at} tell={tell} />}
          >
            {(width) => (
              <Ramp stages={stages} interruptions={interruptions} now={at} width={width} tell={tell} />
            )}
          </Figure>
        </div>
      </div>
      <Arms experiment={experiment} results={results} plan={plan} />
    </>
  );
}

function Then({ experiment, results, plan }: ShownProps) {
  const stage = plan.stages.find(({ status }) => status === 'now');
  const open = plan.interruptions.filter(({ until }) => until === null);
  return (
    <section>
      <h2 className="eyebrow">THEN</h2>
      <p className="big">
        {stage
          ? `${percent(stage.coverage)} ${stage.kind === 'rollout' || stage.kind === 'watch' ? 'had the winner' : 'enrolled'}`
          : 'No stage was under way'}
        {stage?.from != null && (
          <small>
            since <Time at={stage.from} />
          </small>
        )}
      </p>
      <ul>
        <Line icon="person">
          <Units units={results.units} control={experiment.control} />
        </Line>
        {open.map(({ code, from, reason }) => (
          <Line key={`${code} ${from}`} icon="hold" tone="is-hold">
            {nameOf(code)} since <Time at={from} />
            {reason !== null && `: ${reason}`}
          </Line>
        ))}
        <Line icon="server">Revision {results.revision}. Which processes served it is not recorded.</Line>
      </ul>
    </section>
  );
}

function nameOf(code: string): string {
  if (code === 'paused') return 'Paused';
  return code in HOLDS ? `Held, ${HOLDS[code as HoldCode].text},` : `Held, ${code},`;
}

/** The decision that stood, with all that it rests on. */
function Certified({ experiment_id, n }: { experiment_id: string; n: number | null }) {
  const search = useLookSearch();
  const { data } = useQuery({ ...certificateQuery(experiment_id, n ?? 0), enabled: n !== null });
  return (
    <section>
      <h2 className="eyebrow">CERTIFICATE</h2>
      {n === null ? (
        <p className="big">None yet</p>
      ) : (
        <>
          <p className="big">
            Decision {n}
            {data && (
              <small>
                taken <Time at={data.at} />
              </small>
            )}
          </p>
          <ul>
            <Line icon="next">
              <Link to="/experiments/$experiment_id/decisions" params={{ experiment_id }} search={search}>
                The table, row by row
              </Link>
            </Line>
            <Line icon="down">
              <a href={certificateHref(experiment_id, n)} download={`${experiment_id}-${n}.json`}>
                Download the certificate
              </a>
            </Line>
            {data && (
              <Line icon="lock">
                <code className="hash">{data.hash}</code>
              </Line>
            )}
          </ul>
        </>
      )}
    </section>
  );
}
