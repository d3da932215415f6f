import { useState } from 'react';
import { ApiError } from '../../api/client.js';
import { tryMetric, type MetricTrial as Trial } from '../../api/events.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Time } from '../../ui/age.js';
import { sentenceOf } from '../../ui/answer.js';
import { Icon } from '../../ui/icon.js';
import { Refusal } from '../../ui/refusal.js';
import { NOT_COUNTED } from '../../words/events.js';
import { count, quantity } from '../../words/format.js';

/** Tries a definition, saved or not, on the events that came lately. */
export function MetricTrial({ definition }: { definition: Record<string, unknown> }) {
  const may = useMay('define');
  const [trial, setTrial] = useState<Trial | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);
  if (!may) return null;

  async function ask(): Promise<void> {
    setIsUnderWay(true);
    setError(null);
    try {
      setTrial(await tryMetric(definition));
    } catch (failure) {
      setTrial(null);
      setError(failure as Error);
    } finally {
      setIsUnderWay(false);
    }
  }

  return (
    <div>
      <div className="acts">
        <ActionButton why_not={isUnderWay ? 'It is being tried' : null} onClick={() => void ask()}>
          Try it on the last events
        </ActionButton>
      </div>
      <div role="status">{trial && <Outcome trial={trial} />}</div>
      <Refusal text={error && saidOf(error)} />
    </div>
  );
}

/** Of a definition that cannot be: each field with what is wrong. */
function saidOf(error: Error): string {
  const errors = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  if (errors.length === 0) return sentenceOf(error, 'the trial');
  return errors.map(({ path, message }) => `${path.replace(/^definition\.?/, '')} ${message}`).join('; ');
}

function Outcome({ trial }: { trial: Trial }) {
  const { looked_at, counted, divides, since, unkept_properties, similar_types, events } = trial;
  if (looked_at === 0) return <p className="muted">No event came in the last hour.</p>;
  return (
    <>
      <p>
        <b>
          It would count {count(counted)} of the last {count(looked_at)} events
        </b>
        {divides > 0 && `, and divide by ${count(divides)}`}
        {since !== null && (
          <>
            {' '}
            (since <Time at={since} />)
          </>
        )}
        {reasonsOf(trial)}
      </p>
      {similar_types.length > 0 && (
        <p>
          <Icon name="warn" /> No event of its type came. Is it spelt {similar_types.join(' or ')}?
        </p>
      )}
      {unkept_properties.length > 0 && (
        <p>
          <Icon name="warn" /> No saved metric names {unkept_properties.join(', ')}: the events so far were
          kept without. Save it, and try again a moment later.
        </p>
      )}
      <Tried events={events} />
    </>
  );
}

function reasonsOf({ not_counted }: Trial): string {
  const names = Object.keys(NOT_COUNTED) as (keyof typeof NOT_COUNTED)[];
  const reasons = names
    .filter((why) => not_counted[why] > 0)
    .map((why) => `${count(not_counted[why])} ${NOT_COUNTED[why]}`);
  return reasons.length === 0 ? '.' : `. Not counted: ${reasons.join('; ')}.`;
}

function Tried({ events }: { events: Trial['events'] }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Received</th>
          <th scope="col">What it holds</th>
          <th scope="col">Counted</th>
        </tr>
      </thead>
      <tbody>
        {events.map(({ type, received_at, value, properties, counts, number, divides, why }, index) => (
          <tr key={index}>
            <td>
              <b>{type}</b>
            </td>
            <td data-l="Received">
              <Time at={received_at} />
            </td>
            <td data-l="What it holds" className="wrap-anywhere">
              <code>{JSON.stringify({ value, ...properties })}</code>
            </td>
            <td data-l="Counted">
              <Icon name={counts ? 'check' : 'none'} /> {counts ? `as ${quantity(number)}` : 'no'}
              {why !== null && <span className="sub">{NOT_COUNTED[why]}</span>}
              {divides && <span className="sub">it is divided by</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
