import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  deleteWebhook,
  rotateSecret,
  testWebhook,
  webhooksQuery,
  type Webhook,
  type WebhookTest,
} from '../../../api/webhooks.js';
import { ActionButton } from '../../../ui/action-button.js';
import { sentenceOf } from '../../../ui/answer.js';
import { Confirm } from '../../../ui/confirm.js';
import { Pill } from '../../../ui/pill.js';
import { FORMATS, heardText, whenText, whereText } from '../../../words/alerts.js';

interface Handlers {
  onChange(webhook: Webhook): void;
  onDeliveries(webhook_id: string): void;
  onSecret(shown: { webhook_id: string; secret: string }): void;
}

export function WebhookTable({ webhooks, ...handlers }: { webhooks: readonly Webhook[] } & Handlers) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Webhook</th>
          <th scope="col">Hears of</th>
          <th scope="col">When</th>
          <th scope="col">Not arrived</th>
          <th scope="col">
            <span className="hidden">What can be done</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {webhooks.map((webhook) => (
          <WebhookRow key={webhook.webhook_id} webhook={webhook} {...handlers} />
        ))}
      </tbody>
    </table>
  );
}

function WebhookRow({ webhook, ...handlers }: { webhook: Webhook } & Handlers) {
  const { webhook_id, description, format, receiver, enabled } = webhook;
  return (
    <tr>
      <td>
        <b>{webhook_id}</b>
        {!enabled && (
          <>
            {' '}
            <Pill tone="hold" icon="hold">
              Off
            </Pill>
          </>
        )}
        <span className="sub">
          {FORMATS[format].text}: <span className="wrap-anywhere">{receiver}</span>
        </span>
        {description !== undefined && <span className="sub">{description}</span>}
      </td>
      <td data-l="Hears of">
        {heardText(webhook)}
        <span className="sub">{whereText(webhook)}</span>
      </td>
      <td data-l="When">{whenText(webhook)}</td>
      <td data-l="Not arrived">
        <NotArrived webhook={webhook} />
      </td>
      <td data-l="">
        <WebhookActions webhook={webhook} {...handlers} />
      </td>
    </tr>
  );
}

function NotArrived({ webhook: { waiting, dead } }: { webhook: Webhook }) {
  if (waiting === 0 && dead === 0) return <span className="muted">nothing</span>;
  return (
    <>
      {dead > 0 && (
        <Pill tone="harm" icon="cross">
          {dead >= 1_000 ? '1,000 or more' : dead} given up
        </Pill>
      )}
      {waiting > 0 && (
        <span className="sub">{waiting >= 1_000 ? '1,000 or more' : waiting} on their way</span>
      )}
    </>
  );
}

function WebhookActions({ webhook, onChange, onDeliveries, onSecret }: { webhook: Webhook } & Handlers) {
  const { webhook_id, format } = webhook;
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'delete' | 'secret' | null>(null);
  const of = <span className="hidden"> {webhook_id}</span>;
  return (
    <div className="webhook-acts">
      <TestButton webhook_id={webhook_id} />
      <ActionButton onClick={() => onDeliveries(webhook_id)}>Deliveries{of}</ActionButton>
      <ActionButton onClick={() => onChange(webhook)}>Change{of}</ActionButton>
      {format === 'standard' && (
        <ActionButton onClick={() => setAsked('secret')}>New secret…{of}</ActionButton>
      )}
      <ActionButton kind="danger" onClick={() => setAsked('delete')}>
        Delete…{of}
      </ActionButton>
      {asked === 'delete' && (
        <Confirm
          title={`Delete the webhook ${webhook_id}?`}
          verb="Delete the webhook"
          onConfirm={async () => {
            await deleteWebhook(webhook_id);
            await queries.invalidateQueries({ queryKey: webhooksQuery.queryKey });
          }}
          onClose={() => setAsked(null)}
        >
          <p>
            Nobody hears anything by it any more. What was on its way, and what became of the rest, is
            forgotten.
          </p>
        </Confirm>
      )}
      {asked === 'secret' && (
        <Confirm
          title={`A new secret for ${webhook_id}?`}
          verb="Make a new secret"
          kind="primary"
          onConfirm={async () => {
            const secret = await rotateSecret(webhook_id);
            await queries.invalidateQueries({ queryKey: webhooksQuery.queryKey });
            onSecret({ webhook_id, secret });
          }}
          onClose={() => setAsked(null)}
        >
          <p>
            For a day both secrets sign, so that the receiver can change over. Then the old one is worth
            nothing.
          </p>
        </Confirm>
      )}
    </div>
  );
}

function TestButton({ webhook_id }: { webhook_id: string }) {
  const [isUnderWay, setIsUnderWay] = useState(false);
  const [outcome, setOutcome] = useState<WebhookTest | Error | null>(null);

  async function test(): Promise<void> {
    setIsUnderWay(true);
    setOutcome(null);
    setOutcome(await testWebhook(webhook_id).catch((error: unknown) => error as Error));
    setIsUnderWay(false);
  }

  return (
    <>
      <ActionButton onClick={() => void test()} why_not={isUnderWay ? 'A test is under way' : null}>
        Test<span className="hidden"> {webhook_id}</span>
      </ActionButton>
      <span role="status" className="webhook-test">
        {outcome !== null && <TestOutcome outcome={outcome} />}
      </span>
    </>
  );
}

function TestOutcome({ outcome }: { outcome: WebhookTest | Error }) {
  if (outcome instanceof Error) return <span className="error">{sentenceOf(outcome, 'the test')}</span>;
  const { delivered, status, error, answer } = outcome;
  const said = answer === '' ? '' : `: “${answer}”`;
  return delivered ? (
    <Pill tone="good" icon="check">
      Delivered, it answered {status ?? 'yes'}
    </Pill>
  ) : (
    <span className="error">
      Not delivered: {error}
      {said}
    </span>
  );
}
