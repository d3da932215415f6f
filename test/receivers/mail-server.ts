import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  text: string;
}

/** A real mail server on this machine. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** What it refuses recipients with; null: it takes them. */
  refusal: { code: number; message: string } | null = null;
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => {
        if (!this.refusal) return done();
        done(Object.assign(new Error(this.refusal.message), { responseCode: this.refusal.code }));
      },
      onData: (stream, { envelope }, done) => {
        void text(stream).then((content) => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          this.received.push({ from, to: envelope.rcptTo.map(({ address }) => address), text: content });
          done();
        });
      },
    });
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<MailServer> {
    const one = new MailServer();
    const listening = once(one.server.server, 'listening');
    one.server.listen(0, '127.0.0.1');
    await listening;
    return one;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}
