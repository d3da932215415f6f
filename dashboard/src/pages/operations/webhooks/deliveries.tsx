import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import {
  deliveriesQuery,
  redeliver,
  webhooksQuery,
  type Delivery,
  type DeliveryStatus,
} from '../../../api/webhooks.js';
import { ActionButton } from '../../../ui/action-button.js';
import { Answer, sentenceOf } from '../../../ui/answer.js';
import { Time, useNow } from '../../../ui/age.js';
import { Card } from '../../../ui/card.js';
import { Pill } from '../../../ui/pill.js';
import { DELIVERIES, SEVERITY_WORDS } from '../../../words/alerts.js';

/** What became of the alerts of a webhook. */
export function Deliveries({ webhook_id, onClose }: { webhook_id: string; onClose(): void }) {
  const [status, setStatus] = useState<DeliveryStatus | null>(null);
  const query = useInfiniteQuery(deliveriesQuery(webhook_id, status));
  const id = useId();
  return (
    <Card
      title={`Deliveries to ${webhook_id}`}
      tools={<ActionButton onClick={onClose}>Close</ActionButton>}
      flush
    >
      <div className="body filters">
        <div className="field">
          <label htmlFor={id}>Show</label>
          <select
            id={id}
            className="input"
            value={status ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setStatus(value === '' ? null : (value as DeliveryStatus));
            }}
          >
            <option value="">All</option>
            {Object.entries(DELIVERIES).map(([code, { text }]) => (
              <option key={code} value={code}>
                {text}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Answer query={query} what="the deliveries">
        {({ pages }) => <DeliveryTable deliveries={pages.flatMap(({ items }) => items)} />}
      </Answer>
      {query.hasNextPage && (
        <p className="body">
          <ActionButton
            onClick={() => void query.fetchNextPage()}
            why_not={query.isFetchingNextPage ? 'They are being read' : null}
          >
            Older ones
          </ActionButton>
        </p>
      )}
    </Card>
  );
}

function DeliveryTable({ deliveries }: { deliveries: readonly Delivery[] }) {
  if (deliveries.length === 0) return <p className="body muted">There are none.</p>;
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Alert</th>
          <th scope="col">Happened</th>
          <th scope="col">Became of it</th>
          <th scope="col">
            <span className="hidden">Send again</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map((delivery) => (
          <DeliveryRow key={delivery.delivery_id} delivery={delivery} />
        ))}
      </tbody>
    </table>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const { status, severity, title, text, path, at } = delivery;
  const word = DELIVERIES[status];
  return (
    <tr>
      <td>
        <Link to={path}>{title}</Link>
        <span className="sub">
          {SEVERITY_WORDS[severity].text}
          {text !== '' && `. ${text}`}
        </span>
      </td>
      <td data-l="Happened">
        <Time at={at} />
      </td>
      <td data-l="Became of it">
        <Pill tone={word.tone} icon={word.icon}>
          {word.text}
        </Pill>
        <Attempts delivery={delivery} />
      </td>
      <td data-l="">{status !== 'waiting' && <Again delivery={delivery} />}</td>
    </tr>
  );
}

function Attempts({ delivery: { attempts, last_attempt, next_attempt_at } }: { delivery: Delivery }) {
  const now = useNow();
  return (
    <>
      {attempts > 0 && (
        <span className="sub">
          {attempts === 1 ? 'One attempt' : `${attempts} attempts`}
          {last_attempt?.error !== undefined && last_attempt.error !== null && `: ${last_attempt.error}`}
        </span>
      )}
      {next_attempt_at !== null && (
        <span className="sub">
          {Date.parse(next_attempt_at) <= now ? (
            'It is its turn, or waits for those before it'
          ) : (
            <>
              Next attempt <Time at={next_attempt_at} />
            </>
          )}
        </span>
      )}
    </>
  );
}

function Again({ delivery }: { delivery: Delivery }) {
  const queries = useQueryClient();
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);

  async function send(): Promise<void> {
    setIsUnderWay(true);
    setError(null);
    try {
      await redeliver(delivery);
    } catch (failure) {
      setError(failure as Error);
    }
    await queries.invalidateQueries({ queryKey: webhooksQuery.queryKey });
    setIsUnderWay(false);
  }

  return (
    <>
      <ActionButton onClick={() => void send()} why_not={isUnderWay ? 'It is under way' : null}>
        Send again<span className="hidden"> {delivery.title}</span>
      </ActionButton>
      <span role="alert">{error && <span className="error">{sentenceOf(error, 'it')}</span>}</span>
    </>
  );
}
