import { isFinal, retryAfterOf, type Outcome } from '../alerts/attempt.js';
import {
  letter,
  pagerdutyMessage,
  slackMessage,
  standardMessage,
  type Home,
  type Message,
} from '../alerts/formats.js';
import type { Alert } from '../model/alert.js';
import type { WebhookFormat, WebhookTarget } from '../model/webhook.js';
import type { AddressRules } from '../receivers/address-rules.js';
import { sendMail, type MailSettings } from '../receivers/mail.js';
import { ForbiddenAddress, post, type PostAnswer } from '../receivers/post.js';
import { signatureHeaders } from '../receivers/sign.js';

/** A webhook with what is sealed of it, opened. */
export interface OpenWebhook {
  format: WebhookFormat;
  target: WebhookTarget;
  /** Those that sign now. */
  secrets: readonly string[];
}

/** How this process reaches receivers. */
export interface Sending {
  rules: AddressRules;
  /** Null where no mail server is set. */
  mail: MailSettings | null;
  home: Home;
}

const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
/** What a mail server says of a sender that it does not know: a setting mends it. */
const OF_THE_SENDER: readonly number[] = [530, 534, 535, 538];
/** Of an answer so much is shown. */
const ANSWER_CHARACTERS = 500;

/** What is needed for mail, where it is not there. */
export const NO_MAIL = 'no mail server is set: set RAMPART_SMTP_URL and RAMPART_MAIL_FROM';

/**
 * Sends alerts as one message, once. It never throws: what went wrong is the outcome.
 *
 * @param message_id the same each time that the same is sent
 */
export async function sendAlerts(
  sending: Sending,
  webhook: OpenWebhook,
  alerts: readonly Alert[],
  message_id: string,
): Promise<Outcome> {
  const began = performance.now();
  const outcome = await attempt(sending, webhook, alerts, message_id).catch(
    (error: unknown): Omit<Outcome, 'took_ms'> => ({
      delivered: false,
      final: false,
      status: null,
      error: error instanceof Error ? error.message : String(error),
      retry_after: null,
      answer: '',
    }),
  );
  return { ...outcome, took_ms: Math.round(performance.now() - began) };
}

async function attempt(
  sending: Sending,
  webhook: OpenWebhook,
  alerts: readonly Alert[],
  message_id: string,
): Promise<Omit<Outcome, 'took_ms'>> {
  if (webhook.format === 'email') return mailed(sending, webhook, alerts, message_id);
  const { url, message } = requestOf(webhook, alerts, sending.home);
  const headers = {
    'user-agent': 'rampart',
    ...(webhook.format === 'standard' &&
      signatureHeaders(webhook.secrets, message_id, Date.now(), message.body)),
  };
  try {
    return outcomeOf(await post(sending.rules, url, headers, message.body));
  } catch (error) {
    // A setting can mend it within the day, so it is no final word.
    if (error instanceof ForbiddenAddress) return failed(null, error.message);
    throw error;
  }
}

function requestOf(
  { format, target }: OpenWebhook,
  alerts: readonly Alert[],
  home: Home,
): { url: string; message: Message } {
  if (format === 'pagerduty')
    return {
      url: target.url ?? PAGERDUTY,
      message: pagerdutyMessage(alerts[0]!, target.routing_key!, home),
    };
  const message = format === 'slack' ? slackMessage(alerts, home) : standardMessage(alerts, home);
  return { url: target.url!, message };
}

function outcomeOf({ status, body, retry_after }: PostAnswer): Omit<Outcome, 'took_ms'> {
  const answer = body.slice(0, ANSWER_CHARACTERS);
  if (status >= 200 && status < 300)
    return { delivered: true, final: false, status, error: null, retry_after: null, answer };
  const error =
    status >= 300 && status < 400
      ? `it answered ${status}, a redirect, which is not followed: name the address that it leads to`
      : `it answered ${status}`;
  return {
    delivered: false,
    final: isFinal(status),
    status,
    error,
    retry_after: retryAfterOf(retry_after, Date.now()),
    answer,
  };
}

async function mailed(
  { mail, home }: Sending,
  { target }: OpenWebhook,
  alerts: readonly Alert[],
  message_id: string,
): Promise<Omit<Outcome, 'took_ms'>> {
  if (mail === null) return failed(null, NO_MAIL);
  const { delivered, status, text } = await sendMail(mail, {
    ...letter(alerts, home),
    to: target.to!,
    message_id,
  });
  const answer = text.slice(0, ANSWER_CHARACTERS);
  if (delivered) return { delivered, final: false, status, error: null, retry_after: null, answer };
  // A mail server's 5xx is its last word on this mail, unless it is about who sends it. Source: RFC 5321, 4.2.1; RFC 4954, 6.
  const isFinalWord = status !== null && status >= 500 && !OF_THE_SENDER.includes(status);
  return { ...failed(status, answer, answer), final: isFinalWord };
}

function failed(status: number | null, error: string, answer = ''): Omit<Outcome, 'took_ms'> {
  return { delivered: false, final: false, status, error, retry_after: null, answer };
}
