import type { EventTypes } from '../../../api/events.js';
import { Card } from '../../../ui/card.js';
import { MetricLinks } from './metric-links.js';

/** The whole list of what is kept of the properties of events. */
export function KeptProperties({ properties }: { properties: EventTypes['properties'] }) {
  return (
    <Card title="Properties that are kept" flush={properties.length > 0}>
      {properties.length === 0 ? (
        <p className="muted">None: no metric names a property, in its conditions or as its number.</p>
      ) : (
        <table className="t stack">
          <thead>
            <tr>
              <th scope="col">Of events</th>
              <th scope="col">Property</th>
              <th scope="col">Named by</th>
              <th scope="col">What looks personal</th>
            </tr>
          </thead>
          <tbody>
            {properties.map(({ type, name, personal, metrics }) => (
              <tr key={`${type} ${name}`}>
                <td className="wrap-anywhere">{type}</td>
                <td data-l="Property" className="wrap-anywhere">
                  <b>{name}</b>
                </td>
                <td data-l="Named by">
                  {metrics.length === 0 ? (
                    <span className="muted">a running experiment</span>
                  ) : (
                    <MetricLinks ids={metrics} />
                  )}
                </td>
                <td data-l="What looks personal">{personal ? 'is kept, too' : 'is dropped'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
