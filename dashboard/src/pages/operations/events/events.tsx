import { useQuery } from '@tanstack/react-query';
import { eventTypesQuery, type EventTypes } from '../../../api/events.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { useTitle } from '../../../ui/use-title.js';
import { DROPPED, REJECTED } from '../../../words/events.js';
import { count } from '../../../words/format.js';
import { OperationsNav } from '../operations-nav.js';
import { CodeTable } from './code-table.js';
import { KeptProperties } from './kept-properties.js';
import { TypeTable } from './type-table.js';
import { Unseen } from './unseen.js';

/** What arrives at the door, beside what metrics wait for. */
export function Events() {
  useTitle('Events');
  const query = useQuery(eventTypesQuery);
  return (
    <>
      <div>
        <h1>Events that arrive</h1>
        <OperationsNav />
      </div>
      <Answer query={query} what="what arrives">
        {(data) => <Arrived arrived={data} />}
      </Answer>
    </>
  );
}

function Arrived({ arrived }: { arrived: EventTypes }) {
  const { types, since, more_types, other_types, unseen, rejected, dropped, properties } = arrived;
  return (
    <>
      <Card
        title={typesTitle(types)}
        age={<span className="age">in the last hour, by the minute</span>}
        flush
      >
        {types.length === 0 ? (
          <p className="body muted">
            No event came yet. Services send them to POST /v1/events, or by one of the SDKs.
          </p>
        ) : (
          <TypeTable types={types} since={since} />
        )}
        {more_types > 0 && <p className="body small muted">{count(more_types)} more types are left out.</p>}
        {other_types.last_hour > 0 && (
          <p className="body small muted">
            {count(other_types.last_hour)} more events came, of types of which there are too many to tell
            apart.
          </p>
        )}
      </Card>
      {unseen.length > 0 && <Unseen unseen={unseen} />}
      <div className="grid cols-2">
        <CodeTable
          title={
            rejected.length === 0
              ? 'Nothing was refused in the last hour'
              : `Events refused in the last hour: ${count(sumOf(rejected))}`
          }
          codes={rejected}
          words={REJECTED}
          since={since}
        />
        <CodeTable
          title={
            dropped.length === 0
              ? 'No property was dropped in the last hour'
              : `Properties dropped in the last hour: ${count(sumOf(dropped))}`
          }
          codes={dropped}
          words={DROPPED}
          since={since}
        />
      </div>
      <KeptProperties properties={properties} />
    </>
  );
}

function sumOf(rates: readonly { last_hour: number }[]): number {
  return rates.reduce((sum, { last_hour }) => sum + last_hour, 0);
}

function typesTitle(types: EventTypes['types']): string {
  const unused = types.filter(
    ({ metrics, last_hour, type }) => metrics.length === 0 && last_hour > 0 && type !== 'exposure',
  );
  if (unused.length === 0) return 'Types of events';
  return unused.length === 1
    ? 'One of the types that come is counted by no metric'
    : `${count(unused.length)} of the types that come are counted by no metric`;
}
