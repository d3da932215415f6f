import { failure } from '../errors.js';
import type { ClientOptions } from './client-options.js';
import type { Api } from './http.js';
import { orProblem, readJson, show } from './output.js';

export const WEBHOOK_USAGE =
  '(list | put FILE|- | get ID | test ID | secret ID | delete ID | deliveries ID | redeliver ID DELIVERY_ID) [--status S]';

interface WebhookCall {
  api: Api;
  options: Pick<ClientOptions, 'status'>;
  positionals: readonly string[];
}

/** Who hears of what: the calls of `/v1/webhooks`. */
export function webhooksCommand({ api, options, positionals }: WebhookCall): Promise<number> | 'incomplete' {
  const [action, id, delivery_id] = positionals;
  const ask = async (method: string, path = '', body?: unknown): Promise<number> =>
    show(await api.answer(method, `/v1/webhooks${path}`, body));
  if (action === 'list') return ask('GET');
  if (action === undefined || id === undefined) return 'incomplete';
  const path = `/${encodeURIComponent(id)}`;
  switch (action) {
    case 'put':
      return orProblem(async () => {
        const webhook = await readJson([id]);
        return ask('PUT', `/${encodeURIComponent(idIn(webhook))}`, webhook);
      });
    case 'get':
      return ask('GET', path);
    case 'test':
    case 'secret':
      return ask('POST', `${path}/${action}`);
    case 'delete':
      return ask('DELETE', path);
    case 'deliveries':
      return ask(
        'GET',
        `${path}/deliveries${options.status === undefined ? '' : `?status=${encodeURIComponent(options.status)}`}`,
      );
    case 'redeliver':
      if (delivery_id === undefined) return 'incomplete';
      return ask('POST', `${path}/deliveries/${encodeURIComponent(delivery_id)}/redeliver`);
    default:
      return 'incomplete';
  }
}

/** @throws {RampartError} validation_failed where the document does not name itself */
function idIn(webhook: unknown): string {
  const id =
    typeof webhook === 'object' && webhook !== null
      ? (webhook as Record<string, unknown>)['webhook_id']
      : null;
  if (typeof id === 'string' && id !== '') return id;
  throw failure('validation_failed', 'webhook_id is missing: it names the webhook that the file is of');
}
