import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { newSigningSecret, signatureHeaders } from '../../src/receivers/sign.js';

const body = '{"type":"held","data":{"title":"Ä"}}';

it('an independent verifier takes what is signed, by the new secret and by the old one', () => {
  const [newer, older] = [newSigningSecret(), newSigningSecret()];
  const headers = signatureHeaders([newer, older], 'dlv_1', Date.now(), body);
  for (const secret of [newer, older])
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
});

it('and refuses another body, another id, an old message and another secret', () => {
  const secret = newSigningSecret();
  const headers = signatureHeaders([secret], 'dlv_1', Date.now(), body);
  const old = signatureHeaders([secret], 'dlv_1', Date.now() - 3_600_000, body);
  const verifier = new Webhook(secret);
  expect(() => verifier.verify(`${body} `, headers)).toThrow();
  expect(() => verifier.verify(body, { ...headers, 'webhook-id': 'dlv_2' })).toThrow();
  expect(() => verifier.verify(body, old)).toThrow();
  expect(() => new Webhook(newSigningSecret()).verify(body, headers)).toThrow();
});
