import type { EventTypes } from '../../../api/events.js';
import { Card } from '../../../ui/card.js';
import { Time } from '../../../ui/age.js';
import { count } from '../../../words/format.js';
import { MetricLinks } from './metric-links.js';

/** Types that metrics wait for. */
export function Unseen({ unseen }: { unseen: EventTypes['unseen'] }) {
  return (
    <Card
      title={`${unseen.length === 1 ? 'One type' : `${count(unseen.length)} types`} that metrics count did not come for a day`}
      flush
    >
      <table className="t stack">
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col">Came last</th>
            <th scope="col">Counted by</th>
            <th scope="col">Spelt nearly alike, and came</th>
          </tr>
        </thead>
        <tbody>
          {unseen.map(({ type, last_at, metrics, similar }) => (
            <tr key={type}>
              <td className="wrap-anywhere">
                <b>{type}</b>
              </td>
              <td data-l="Came last">{last_at === null ? 'never' : <Time at={last_at} />}</td>
              <td data-l="Counted by">
                <MetricLinks ids={metrics} />
              </td>
              <td data-l="Spelt nearly alike, and came" className="wrap-anywhere">
                {similar.length === 0 ? <span className="muted">nothing</span> : similar.join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
