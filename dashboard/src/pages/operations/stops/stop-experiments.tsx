import { Link } from '@tanstack/react-router';
import { Card } from '../../../ui/card.js';
import { Pill } from '../../../ui/pill.js';
import { count } from '../../../words/format.js';
import type { StopReport } from '../../../words/stop.js';

const MOST_PENDING = 20;

/** Which experiments are rolled back: what is pending by name, the rest as numbers. */
export function StopExperiments({ stop }: { stop: StopReport }) {
  const { pending, experiments, acknowledged, held } = stop;
  const rolledBack = acknowledged - held;
  return (
    <Card
      title={
        experiments === 0
          ? 'Experiments: none was live'
          : pending.length === 0
            ? 'Experiments: all are rolled back'
            : `Experiments: ${pending.length === 1 ? 'one is' : `${count(pending.length)} are`} pending`
      }
      age={<span className="age">of {count(experiments)}</span>}
      flush
    >
      <table className="t processes">
        <thead>
          <tr>
            <th>Experiment</th>
            <th>What the store holds</th>
          </tr>
        </thead>
        <tbody>
          {pending.slice(0, MOST_PENDING).map((id) => (
            <tr key={id}>
              <td>
                <Link to="/experiments/$experiment_id/overview" params={{ experiment_id: id }}>
                  <b>{id}</b>
                </Link>
              </td>
              <td>
                <Pill tone="hold" icon="wait">
                  Pending
                </Pill>
                <span className="sub">
                  Not rolled back and verified yet; the fence serves control over its arms
                </span>
              </td>
            </tr>
          ))}
          {pending.length > MOST_PENDING && (
            <tr>
              <td>{count(pending.length - MOST_PENDING)} more</td>
              <td>pending</td>
            </tr>
          )}
          {rolledBack > 0 && (
            <tr>
              <td>{pending.length > 0 ? `${count(rolledBack)} others` : count(rolledBack)}</td>
              <td>rolled back and verified, control</td>
            </tr>
          )}
          {held > 0 && (
            <tr>
              <td>{count(held)} that wait</td>
              <td>held: fenced, not started</td>
            </tr>
          )}
          {experiments === 0 && (
            <tr>
              <td>None</td>
              <td>nothing was live in its scope</td>
            </tr>
          )}
        </tbody>
      </table>
    </Card>
  );
}
