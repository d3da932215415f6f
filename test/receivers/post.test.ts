import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AddressRules } from '../../src/receivers/address-rules.js';
import { ForbiddenAddress, post } from '../../src/receivers/post.js';
import { Receiver } from './receiver.js';

let receiver: Receiver;
const here = new AddressRules(['127.0.0.0/8']);

beforeAll(async () => {
  receiver = await Receiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer(null);
});
afterAll(() => receiver.stop());

describe('an address that the rules do not allow', () => {
  it.each([
    () => receiver.url,
    // Names that lead here, by DNS or by how the address is written.
    () => `http://localhost:${receiver.port}/`,
    () => `http://LOCALHOST:${receiver.port}/`,
    () => `http://0x7f.1:${receiver.port}/`,
    () => `http://2130706433:${receiver.port}/`,
    () => `http://127.1:${receiver.port}/`,
    () => `http://0:${receiver.port}/`,
    () => `http://[::1]:${receiver.port}/`,
    () => `http://[::ffff:127.0.0.1]:${receiver.port}/`,
    () => 'https://169.254.169.254/latest/meta-data/',
    () => 'https://10.0.0.1/',
  ])('is not spoken to (%#)', async (url) => {
    await expect(post(new AddressRules(), url(), {}, '{}')).rejects.toThrow(ForbiddenAddress);
    expect(receiver.received).toEqual([]);
  });

  it('names the setting that would allow it', async () => {
    await expect(post(new AddressRules(), receiver.url, {}, '{}')).rejects.toThrow(
      /127\.0\.0\.1 is no public address: name it in RAMPART_WEBHOOK_ALLOW/,
    );
  });

  it('is not spoken to without https, though it is public', async () => {
    await expect(post(new AddressRules(), 'http://8.8.8.8/', {}, '{}')).rejects.toThrow(/https/);
  });
});

describe('an address that is allowed', () => {
  it.each([
    [() => receiver.url, ['127.0.0.1']],
    [() => receiver.url, ['127.0.0.0/8']],
    [() => `http://localhost:${receiver.port}/hook`, ['localhost']],
  ] as const)('gets the body, the headers and gives its answer (%#)', async (url, allowed) => {
    const answer = await post(new AddressRules(allowed), url(), { 'webhook-id': 'm1' }, '{"a":"ä"}');
    expect(answer).toEqual({ status: 204, body: '', retry_after: null });
    const [{ body, headers }] = receiver.received as [(typeof receiver.received)[number]];
    expect([body, headers['webhook-id'], headers['content-type']]).toEqual([
      '{"a":"ä"}',
      'm1',
      'application/json',
    ]);
  });

  it('is not followed to where it redirects', async () => {
    const other = await Receiver.start();
    receiver.answer(302, { location: other.url });
    expect((await post(here, receiver.url, {}, '{}')).status).toBe(302);
    expect(other.received).toEqual([]);
    await other.stop();
  });

  it('may answer without end: its beginning is read', async () => {
    receiver.answers = (_received, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
      return true;
    };
    expect((await post(here, receiver.url, {}, '{}')).body.length).toBe(4_096);
  });

  it('that never answers is given up after ten seconds', { timeout: 20_000 }, async () => {
    receiver.answers = () => true;
    const began = performance.now();
    await expect(post(here, receiver.url, {}, '{}')).rejects.toThrow('no answer within 10 s');
    expect(performance.now() - began).toBeLessThan(12_000);
  });

  it('where nobody listens says so', async () => {
    const gone = await Receiver.start();
    const { url } = gone;
    await gone.stop();
    await expect(post(here, url, {}, '{}')).rejects.toThrow('nobody listens there');
  });
});
