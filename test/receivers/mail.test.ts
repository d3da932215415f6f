import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sendMail } from '../../src/receivers/mail.js';
import { MailServer } from './mail-server.js';

let server: MailServer;
const mail = {
  to: ['ops@example.com', 'ada@example.com'],
  subject: 'Held: Ä',
  text: 'It is held.',
  message_id: 'dlv_1',
};
const from = 'Rampart <rampart@example.com>';

beforeAll(async () => {
  server = await MailServer.start();
});
beforeEach(() => {
  server.received.length = 0;
  server.refusal = null;
});
afterAll(() => server.stop());

it('a mail server gets the mail, for each of its readers', async () => {
  expect(await sendMail({ url: server.url, from }, mail)).toMatchObject({ delivered: true, status: 250 });
  const [got] = server.received;
  expect(got).toMatchObject({ from: 'rampart@example.com', to: ['ops@example.com', 'ada@example.com'] });
  expect(got!.text).toContain('Message-ID: <dlv_1@rampart>');
  expect(got!.text).toContain('Auto-Submitted: auto-generated');
  expect(got!.text).toContain('It is held.');
});

it.each([550, 451])('what it refuses with %d is not delivered', async (code) => {
  server.refusal = { code, message: 'not here' };
  const answer = await sendMail({ url: server.url, from }, mail);
  expect(answer).toMatchObject({ delivered: false, status: code });
  expect(answer.text).toContain('not here');
});

it('a server that is not there is an answer, too', async () => {
  const gone = await MailServer.start();
  const { url } = gone;
  await gone.stop();
  expect(await sendMail({ url, from }, mail)).toMatchObject({ delivered: false, status: null });
});
