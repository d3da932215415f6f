import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { experimentQuery, planQuery, resultsQuery, totalsQuery } from '../../../api/queries.js';
import { EvidenceBar } from '../../../pictures/evidence-bar.js';
import { Answer } from '../../../ui/answer.js';
import { Ago, useNow } from '../../../ui/age.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { Pill } from '../../../ui/pill.js';
import { count, rate } from '../../../words/format.js';
import {
  anomalyLine,
  crossoverLine,
  eventsLine,
  guardrailsLine,
  noveltyLine,
  oddEventsLine,
  sharesLine,
  sharesOf,
  type HealthLine,
  type HealthOf,
  type Share,
  type Standing,
} from './health-lines.js';
import { WatchedMinutes } from './watched.js';

/** Whether the data can be trusted, and what to do where they cannot. */
export function Health() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const results = useQuery(resultsQuery(experiment));
  const plan = useQuery(planQuery(experiment));
  const totals = useQuery(totalsQuery(experiment));
  const now = useNow();
  return (
    <>
      <Answer query={results} what="its results">
        {(data) =>
          data === null ? (
            <Empty title="Nothing was measured yet">
              Whether data can be trusted is seen once units are exposed.
            </Empty>
          ) : (
            <Answer query={plan} what="its plan">
              {(its) =>
                its && (
                  <Lines of={{ experiment, results: data, plan: its, totals: totals.data ?? null, now }} />
                )
              }
            </Answer>
          )
        }
      </Answer>
      <WatchedMinutes experiment={experiment} />
    </>
  );
}

function Lines({ of }: { of: HealthOf }) {
  const shares = sharesLine(of);
  const unusual = anomalyLine(of);
  const lines: [string, HealthLine][] = [
    ['Events', eventsLine(of)],
    ...(unusual ? [['Not as usual', unusual] satisfies [string, HealthLine]] : []),
    ['Units in two arms', crossoverLine(of)],
    ['Events that do not count', oddEventsLine(of)],
    ['Guardrails that could not object', guardrailsLine(of)],
    ['Novelty', noveltyLine(of)],
  ];
  const all = [shares, ...lines.map(([, line]) => line)];
  return (
    <Card
      title={findingOf(all)}
      age={
        <span className="age">
          {of.experiment.state === 'completed' ? 'as of the decision' : 'look'} <Ago at={of.results.at} />
        </span>
      }
    >
      <div className="health">
        <Line name="Shares of the arms" line={shares}>
          <p className="small muted">Bayes factor that something loses people, logarithmic</p>
          <EvidenceBar
            label="Bayes factor of wrong shares"
            log_e={of.results.evidence.srm.log_bayes_factor}
            threshold={of.plan.thresholds.srm}
            tone={shares.standing === 'holding' ? 'hold' : 'plain'}
            ticks={[10, 100]}
          />
          <Shares shares={sharesOf(of)} of={of} />
        </Line>
        {lines.map(([name, line]) => (
          <Line key={name} name={name} line={line} />
        ))}
      </div>
    </Card>
  );
}

function findingOf(lines: readonly HealthLine[]): string {
  const holding = lines.filter(({ standing }) => standing === 'holding').length;
  if (holding > 0) return holding === 1 ? 'One thing holds it' : `${holding} things hold it`;
  const watched = lines.filter(({ standing }) => standing === 'watch').length;
  if (watched > 0) return watched === 1 ? 'One thing to watch' : `${watched} things to watch`;
  // What was not seen is not to be trusted.
  return lines[0]!.standing === 'none' ? 'Nobody was exposed yet' : 'Its data can be trusted';
}

const PILLS: Record<Standing, ReactNode> = {
  fine: (
    <Pill tone="plain" icon="check">
      Fine
    </Pill>
  ),
  watch: (
    <Pill tone="info" icon="watch">
      Watch
    </Pill>
  ),
  holding: (
    <Pill tone="hold" icon="hold">
      Holding
    </Pill>
  ),
  none: (
    <Pill tone="plain" icon="none">
      Not asked
    </Pill>
  ),
};

function Line({ name, line, children }: { name: string; line: HealthLine; children?: ReactNode }) {
  return (
    <section aria-label={name}>
      <div>{PILLS[line.standing]}</div>
      <div>
        <b>{name}</b>
        {children ?? <span className="sub">{line.text}</span>}
      </div>
      <div>
        <b>{line.amount}</b>
        {children !== undefined && <span className="sub">{line.text}</span>}
      </div>
    </section>
  );
}

function Shares({ shares, of: { experiment } }: { shares: readonly Share[]; of: HealthOf }) {
  return (
    <table className="t shares">
      <thead>
        <tr>
          <th>Arm</th>
          <th className="num">Units</th>
          <th className="num">Seen</th>
          <th className="num">Expected</th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ variant, units, expected, seen }) => (
          <tr key={variant}>
            <td>
              <Arm index={armIndex(experiment.variants, experiment.control, variant)} name={variant} />
            </td>
            <td className="num">{count(units)}</td>
            <td className="num">{rate(seen, 2)}</td>
            <td className="num muted">{rate(expected, 2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
