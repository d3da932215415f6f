import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/client.js';
import { processesQuery } from '../../api/queries.js';
import { readinessQuery, type Readiness } from '../../api/readiness.js';
import { useSession } from '../../session/use-session.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { Pill } from '../../ui/pill.js';
import { Time, useNow } from '../../ui/age.js';
import { useTitle } from '../../ui/use-title.js';
import { asSentence, count, duration } from '../../words/format.js';
import { countdown } from '../../words/stop.js';
import { OperationsNav } from './operations-nav.js';

type Process = Schemas['ServingProcess'];

/** Which processes serve what, and what they can reach. */
export function System() {
  useTitle('System');
  const readiness = useQuery(readinessQuery);
  const processes = useQuery(processesQuery);
  return (
    <>
      <div>
        <h1>System</h1>
        <OperationsNav />
      </div>
      <Answer query={readiness} what="what the server can reach">
        {(data) => <Reach readiness={data} />}
      </Answer>
      <Answer query={processes} what="the processes">
        {({ items, next_cursor }) => <Processes processes={items} isMore={next_cursor !== null} />}
      </Answer>
    </>
  );
}

function Reach({ readiness }: { readiness: Readiness }) {
  const { ready, reason, serving_revision, snapshot_age_seconds, mongodb, temporal } = readiness;
  const { version, environment } = useSession().session;
  return (
    <Card title={reachTitle(readiness)} age={<span className="age">of the process that answers</span>}>
      <ul className="facts">
        <Fact
          icon={ready ? 'check' : 'warn'}
          tone={ready ? 'is-good' : 'is-harm'}
          name="Serving"
          value={ready ? 'Ready' : 'Not ready'}
        >
          {reason === null ? `${environment}, version ${version}` : asSentence(reason)}
        </Fact>
        <Fact
          icon={mongodb === 'up' ? 'check' : 'warn'}
          tone={mongodb === 'up' ? 'is-good' : 'is-harm'}
          name="MongoDB"
          value={mongodb === 'up' ? 'Up' : 'Down'}
        >
          {mongodb === 'up' ? 'changes are stored' : 'serving goes on, changes are refused'}
        </Fact>
        <Fact
          icon={temporal === 'up' ? 'check' : 'warn'}
          tone={temporal === 'up' ? 'is-good' : 'is-harm'}
          name="Temporal"
          value={temporal === 'up' ? 'Up' : 'Down'}
        >
          {temporal === 'up'
            ? 'experiments advance and look'
            : 'traffic stays; nothing advances; commands are stored'}
        </Fact>
        <Fact
          icon="server"
          tone="muted"
          name="Snapshot"
          value={serving_revision === null ? 'None yet' : `Revision ${count(serving_revision)}`}
        >
          {snapshot_age_seconds === null
            ? 'what is served has not been read'
            : `read ${duration(snapshot_age_seconds * 1000)} ago; after 10 min it serves the control`}
        </Fact>
      </ul>
    </Card>
  );
}

function reachTitle({ ready, mongodb, temporal }: Readiness): string {
  if (!ready) return 'It cannot serve';
  if (mongodb === 'down') return 'It serves without MongoDB: changes are refused';
  return temporal === 'down' ? 'It serves without Temporal: nothing advances' : 'Everything can be reached';
}

function Fact({
  icon,
  tone,
  name,
  value,
  children,
}: {
  icon: IconName;
  tone: string;
  name: string;
  value: string;
  children: string;
}) {
  return (
    <li>
      <span className="eyebrow">{name}</span>
      <b>
        <Icon name={icon} className={tone} /> {value}
      </b>
      <span className="sub">{children}</span>
    </li>
  );
}

function Processes({ processes, isMore }: { processes: readonly Process[]; isMore: boolean }) {
  const newest = Math.max(-1, ...processes.map(({ serving_revision }) => serving_revision ?? -1));
  const order = [...processes].sort((a, b) => Number(a.live) - Number(b.live));
  return (
    <Card
      title={processTitle(processes, newest)}
      age={<span className="age">by their heartbeats</span>}
      flush
    >
      <div className="table-scroll">
        <table className="t stack">
          <thead>
            <tr>
              <th>Process</th>
              <th>State</th>
              <th className="num">Revision</th>
              <th>Cannot serve</th>
            </tr>
          </thead>
          <tbody>
            {order.map((process) => (
              <Row key={process.instance_id} process={process} newest={newest} />
            ))}
          </tbody>
        </table>
      </div>
      {isMore && <p className="body small muted">The first {count(processes.length)} are shown.</p>}
    </Card>
  );
}

function processTitle(processes: readonly Process[], newest: number): string {
  const live = processes.filter((one) => one.live);
  const lost = processes.length - live.length;
  if (lost > 0) return `${lost === 1 ? 'One process is' : `${count(lost)} processes are`} lost`;
  const behind = live.filter(({ serving_revision }) => serving_revision !== newest).length;
  if (behind > 0) return `${count(behind)} of ${count(live.length)} are not at revision ${count(newest)} yet`;
  return live.length === 1
    ? `One process serves revision ${count(newest)}`
    : `All ${count(live.length)} processes serve revision ${count(newest)}`;
}

function Row({ process, newest }: { process: Process; newest: number }) {
  const { instance_id, kind, live, answers, serving_revision, unserved = [] } = process;
  const isBehind = live && serving_revision !== newest;
  return (
    <tr>
      <td>
        <b>{instance_id}</b>
        <span className="sub">
          {kind === 'sdk' ? 'a service that evaluates by itself' : 'API'}
          {answers && ', answers this page'}
        </span>
      </td>
      <td data-l="State">{live ? <Live isBehind={isBehind} /> : <Lost process={process} />}</td>
      <td className="num" data-l="Revision">
        {serving_revision === null ? 'none yet' : count(serving_revision)}
      </td>
      <td data-l="Cannot serve">
        {unserved.length === 0 ? (
          <span className="muted">nothing</span>
        ) : (
          unserved.map(({ id, message }) => (
            <div key={id}>
              <b>{id}</b>
              <span className="sub">{asSentence(message)}</span>
            </div>
          ))
        )}
      </td>
    </tr>
  );
}

function Live({ isBehind }: { isBehind: boolean }) {
  return isBehind ? (
    <Pill tone="hold" icon="wait">
      Lives, behind
    </Pill>
  ) : (
    <Pill tone="plain" icon="check">
      Lives
    </Pill>
  );
}

function Lost({ process: { since, serves_control_at } }: { process: Process }) {
  const now = useNow();
  const until = serves_control_at === undefined ? now : Date.parse(serves_control_at);
  return (
    <>
      <Pill tone="harm" icon="unknown">
        Lost, unknown
      </Pill>
      <span className="sub">
        {since !== undefined && (
          <>
            silent since <Time at={since} />;{' '}
          </>
        )}
        {until > now
          ? `serves control by itself in ${countdown(until - now)}, if it runs at all`
          : 'serves control by itself, if it runs at all'}
      </span>
    </>
  );
}
