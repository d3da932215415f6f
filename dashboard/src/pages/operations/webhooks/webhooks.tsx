import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { webhooksQuery, type Webhook } from '../../../api/webhooks.js';
import { useMay } from '../../../session/use-session.js';
import { ActionButton } from '../../../ui/action-button.js';
import { Answer } from '../../../ui/answer.js';
import { Empty } from '../../../ui/empty.js';
import { useTitle } from '../../../ui/use-title.js';
import { OperationsNav } from '../operations-nav.js';
import { ShownOnce } from '../shown-once.js';
import { Deliveries } from './deliveries.js';
import { WebhookForm } from './webhook-form.js';
import { WebhookTable } from './webhook-table.js';

/** Who hears of what happens here, and what became of it. */
export function Webhooks() {
  const mayAdminister = useMay('administer');
  useTitle('Webhooks');
  return (
    <>
      <div>
        <div className="head">
          <div>
            <h1>Webhooks</h1>
            <p className="meta">Who hears of what happens here, by which way, and whether it arrived.</p>
          </div>
        </div>
        <OperationsNav />
      </div>
      {mayAdminister ? (
        <WebhookAdministration />
      ) : (
        <Empty title="Only an admin may see webhooks">
          Sign in with an admin key to make or change them.
        </Empty>
      )}
    </>
  );
}

/** What was asked for is seen, also where the page is long. It is always the same function, so that it is called once. */
function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'start' });
}

/** What is open on the page besides the list. */
type Open = { form: Webhook | null } | { deliveries: string } | null;

function WebhookAdministration() {
  const query = useQuery(webhooksQuery);
  const [open, setOpen] = useState<Open>(null);
  const [secret, setSecret] = useState<{ webhook_id: string; secret: string } | null>(null);
  const close = (): void => setOpen(null);
  return (
    <>
      {open && 'form' in open ? (
        <div className="webhook-opened" ref={intoView} key={open.form?.webhook_id ?? ''}>
          <WebhookForm
            webhook={open.form}
            onSaved={(saved) => {
              close();
              setSecret(saved);
            }}
            onCancel={close}
          />
        </div>
      ) : (
        <p>
          <ActionButton kind="primary" onClick={() => setOpen({ form: null })}>
            New webhook
          </ActionButton>
        </p>
      )}
      {secret && (
        <ShownOnce
          title={`The secret of ${secret.webhook_id}`}
          label="Secret"
          secret={secret.secret}
          onClose={() => setSecret(null)}
        >
          <b>This secret is not shown again.</b> The receiver checks with it that a message comes from here.
        </ShownOnce>
      )}
      <Answer query={query} what="the webhooks">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody hears of anything yet">
              A webhook sends holds, decisions, approvals, emergency stops and lost processes to a program, to
              Slack, to PagerDuty or by e-mail.
            </Empty>
          ) : (
            <div className="card">
              <WebhookTable
                webhooks={items}
                onChange={(webhook) => setOpen({ form: webhook })}
                onDeliveries={(deliveries) => setOpen({ deliveries })}
                onSecret={setSecret}
              />
            </div>
          )
        }
      </Answer>
      {open && 'deliveries' in open && (
        <div className="webhook-opened" ref={intoView} key={open.deliveries}>
          <Deliveries webhook_id={open.deliveries} onClose={close} />
        </div>
      )}
    </>
  );
}
