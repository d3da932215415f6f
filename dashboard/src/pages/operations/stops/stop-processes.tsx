import { Card } from '../../../ui/card.js';
import { Pill } from '../../../ui/pill.js';
import { Time, useNow } from '../../../ui/age.js';
import { count } from '../../../words/format.js';
import { countdown, type StopReport } from '../../../words/stop.js';

/** More that obey than so many are one row. */
const MOST_OBEYING = 12;

/** What each process serves, the ones that nobody knows of first. */
export function StopProcesses({ stop }: { stop: StopReport }) {
  const { instances, unknown, fence_revision } = stop;
  const open = instances.filter(({ obeys }) => !obeys).sort((a, b) => Number(a.live) - Number(b.live));
  const obeying = instances.filter(({ obeys }) => obeys);
  return (
    <Card title={titleOf(stop)} age={<span className="age">by their heartbeats</span>} flush>
      <table className="t processes">
        <thead>
          <tr>
            <th>Process</th>
            <th>Serves</th>
          </tr>
        </thead>
        <tbody>
          {open.map((instance) => (
            <tr key={instance.instance_id}>
              <Name instance={instance} />
              <td>
                <Open
                  instance={instance}
                  unknown={unknown.find(({ instance_id }) => instance_id === instance.instance_id)}
                />
              </td>
            </tr>
          ))}
          {obeying.length > MOST_OBEYING ? (
            <tr>
              <td>{count(obeying.length)} others</td>
              <td>control, revision {fence_revision} or newer</td>
            </tr>
          ) : (
            obeying.map((instance) => (
              <tr key={instance.instance_id}>
                <Name instance={instance} />
                <td>
                  control, revision {instance.serving_revision}
                  {!instance.live && <span className="sub">lost since it obeyed</span>}
                </td>
              </tr>
            ))
          )}
        </tbody>
      </table>
    </Card>
  );
}

function titleOf({ instances, unknown }: StopReport): string {
  const late = instances.filter(({ obeys, live }) => live && !obeys).length;
  if (unknown.length > 0)
    return `Processes: ${unknown.length === 1 ? 'one is' : `${count(unknown.length)} are`} lost`;
  if (late > 0) return `Processes: ${late === 1 ? 'one does' : `${count(late)} do`} not obey yet`;
  return 'Processes: none serves an arm';
}

type Instance = StopReport['instances'][number];

function Name({ instance: { instance_id, kind } }: { instance: Instance }) {
  return (
    <td>
      <b>{instance_id}</b>
      {kind === 'sdk' && <span className="sub">a service that evaluates by itself</span>}
    </td>
  );
}

function Open({
  instance: { live, lost_since, serving_revision },
  unknown,
}: {
  instance: Instance;
  unknown: StopReport['unknown'][number] | undefined;
}) {
  const now = useNow();
  if (live)
    return (
      <>
        <Pill tone="hold" icon="wait">
          Not yet
        </Pill>
        <span className="sub">
          {serving_revision < 0 ? 'has not read what is served' : `still at revision ${serving_revision}`}
        </span>
      </>
    );
  if (unknown)
    return (
      <>
        <Pill tone="harm" icon="unknown">
          Lost, unknown
        </Pill>
        <span className="sub">
          Silent since <Time at={unknown.since} />. Serves control by itself from{' '}
          <b>
            <Time at={unknown.serves_control_at} />
          </b>
          , in {countdown(Date.parse(unknown.serves_control_at) - now)}, if it runs at all
        </span>
      </>
    );
  return (
    <>
      <Pill tone="plain" icon="blind">
        Lost
      </Pill>
      <span className="sub">
        {lost_since !== undefined && (
          <>
            Silent since <Time at={lost_since} />, so long that it{' '}
          </>
        )}
        serves control by itself, if it runs at all
      </span>
    </>
  );
}
