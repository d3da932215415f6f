import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { stopsQuery } from '../../../api/queries.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { Pill } from '../../../ui/pill.js';
import { Time } from '../../../ui/age.js';
import { useTitle } from '../../../ui/use-title.js';
import { count } from '../../../words/format.js';
import { isInForce, missingIn, scopeText, stopStanding, type StopReport } from '../../../words/stop.js';
import { OperationsNav } from '../operations-nav.js';

/** Every emergency stop, newest first. */
export function Stops() {
  useTitle('Emergency stops');
  const query = useQuery(stopsQuery);
  return (
    <>
      <div>
        <h1>Emergency stops</h1>
        <OperationsNav />
      </div>
      <Answer query={query} what="the emergency stops">
        {({ items, next_cursor }) =>
          items.length === 0 ? (
            <Empty title="There was never an emergency stop">
              The button in the header, or the key !, serves the control for all experiments within seconds.
            </Empty>
          ) : (
            <Card title={titleOf(items)} flush>
              <StopTable stops={items} />
              {next_cursor !== null && (
                <p className="body small muted">The newest {count(items.length)} are shown.</p>
              )}
            </Card>
          )
        }
      </Answer>
    </>
  );
}

function titleOf(stops: readonly StopReport[]): string {
  const inForce = stops.filter(isInForce).length;
  if (inForce === 0) return 'None is in force';
  return inForce === 1 ? 'One is in force' : `${count(inForce)} are in force`;
}

function StopTable({ stops }: { stops: readonly StopReport[] }) {
  return (
    <div className="table-scroll">
      <table className="t stack">
        <thead>
          <tr>
            <th>When</th>
            <th>State</th>
            <th>Reason</th>
            <th>By</th>
            <th>Scope</th>
            <th className="num">Experiments</th>
          </tr>
        </thead>
        <tbody>
          {stops.map((stop) => (
            <tr key={stop.emergency_stop_id}>
              <td>
                <Link to="/operations/stops/$stop_id" params={{ stop_id: stop.emergency_stop_id }}>
                  <b>
                    <Time at={stop.at} />
                  </b>
                </Link>
              </td>
              <td data-l="State">
                <Standing stop={stop} />
              </td>
              <td data-l="Reason">{stop.reason}</td>
              <td data-l="By">{stop.by}</td>
              <td data-l="Scope">{scopeText(stop)}</td>
              <td className="num" data-l="Experiments">
                {count(stop.experiments)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Standing({ stop }: { stop: StopReport }) {
  switch (stopStanding(stop)) {
    case 'released':
      return (
        <Pill tone="plain" icon="check">
          Released
        </Pill>
      );
    case 'complete':
      return (
        <Pill tone="harm" icon="stop">
          In force, complete
        </Pill>
      );
    case 'not complete':
      return (
        <>
          <Pill tone="harm" icon="unknown">
            In force, not complete
          </Pill>
          <span className="sub">{missingIn(stop)}</span>
        </>
      );
  }
}
