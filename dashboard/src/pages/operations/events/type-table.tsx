import type { EventType } from '../../../api/events.js';
import { Time } from '../../../ui/age.js';
import { Icon } from '../../../ui/icon.js';
import { count } from '../../../words/format.js';
import { MetricLinks } from './metric-links.js';
import { Minutes } from './minutes.js';

/** Types of events, with how often they come and who counts them. */
export function TypeTable({ types, since }: { types: readonly EventType[]; since: string }) {
  return (
    <div className="table-scroll">
      <table className="t stack">
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col" className="num">
              Last hour
            </th>
            <th scope="col">Minute by minute</th>
            <th scope="col">Came last</th>
            <th scope="col">Counted by</th>
          </tr>
        </thead>
        <tbody>
          {types.map((one) => (
            <tr key={one.type}>
              <td className="wrap-anywhere">
                <b>{one.type}</b>
                {one.similar.length > 0 && (
                  <span className="sub">
                    <Icon name="warn" className="is-hold" /> meant as {one.similar.join(' or ')}?
                  </span>
                )}
              </td>
              <td className="num" data-l="Last hour">
                {count(one.last_hour)}
              </td>
              <td data-l="Minute by minute">
                <Minutes rate={one} since={since} what={`${one.type} events`} />
              </td>
              <td data-l="Came last">{one.last_at === null ? 'just now' : <Time at={one.last_at} />}</td>
              <td data-l="Counted by">
                <Users type={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Users({ type: { type, metrics, kept } }: { type: EventType }) {
  if (type === 'exposure') return <span className="muted">every experiment</span>;
  if (metrics.length === 0) return <span className="muted">no metric: it is not kept</span>;
  return (
    <>
      <MetricLinks ids={metrics} />
      {!kept && <span className="sub">not kept: no experiment with one of them runs</span>}
    </>
  );
}
