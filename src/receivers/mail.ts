import { createTransport } from 'nodemailer';

/** The server that takes mail, and in whose name it is sent. */
export interface MailSettings {
  url: string;
  from: string;
}

export interface Mail {
  to: readonly string[];
  subject: string;
  text: string;
  /** The same for each attempt, so that a mail program shows it once. */
  message_id: string;
}

/** What the mail server said. */
export interface MailAnswer {
  status: number | null;
  text: string;
  delivered: boolean;
}

const LONGEST_MS = 10_000;

/** Hands a mail to the server. It never throws: what went wrong is an answer. */
export async function sendMail({ url, from }: MailSettings, mail: Mail): Promise<MailAnswer> {
  const transport = createTransport({
    url,
    connectionTimeout: LONGEST_MS,
    greetingTimeout: LONGEST_MS,
    socketTimeout: LONGEST_MS,
  });
  try {
    const { subject, text, to, message_id } = mail;
    const sent = await transport.sendMail({
      from,
      to: [...to],
      subject,
      text,
      messageId: `<${message_id}@rampart>`,
      // Out-of-office programs leave it alone. Source: RFC 3834.
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return answerOf(sent);
  } catch (error) {
    const { responseCode, message } = error as Error & { responseCode?: number };
    return { status: responseCode ?? null, text: message.split('\n')[0]!, delivered: false };
  } finally {
    transport.close();
  }
}

/** Where some of several addresses were refused, the others have it: it is delivered, and not sent to them again. */
function answerOf({ response, rejected }: { response: string; rejected: readonly unknown[] }): MailAnswer {
  const status = Number(/^\d{3}/.exec(response)?.[0] ?? NaN);
  const refused = rejected.length > 0 ? `; refused: ${rejected.map(String).join(', ')}` : '';
  return { status: Number.isNaN(status) ? null : status, text: response + refused, delivered: true };
}
