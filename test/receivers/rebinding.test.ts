import type * as dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { AddressRules } from '../../src/receivers/address-rules.js';
import { ForbiddenAddress, post } from '../../src/receivers/post.js';
import { Receiver } from './receiver.js';

/** What a name leads to: another answer at each look-up. */
const answers: LookupAddress[][] = [];
let lookups = 0;
const address = (text: string): LookupAddress => ({ address: text, family: text.includes(':') ? 6 : 4 });

vi.mock('node:dns', async (original) => ({
  ...(await original<typeof dns>()),
  lookup: (_host: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) => {
    lookups += 1;
    process.nextTick(callback, null, answers.length > 1 ? answers.shift() : answers[0]);
  },
}));

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
beforeEach(() => {
  lookups = 0;
  answers.length = 0;
  receiver.received.length = 0;
});
afterAll(() => receiver.stop());

it('the name is looked up once, and the address that was checked is the one that is spoken to', async () => {
  answers.push([address('127.0.0.1')], [address('127.0.0.9')]);
  await post(new AddressRules(['127.0.0.1']), `http://hooks.example:${receiver.port}/`, {}, '{}');
  expect([lookups, receiver.received.length]).toEqual([1, 1]);
});

it.each([
  [['127.0.0.1']],
  [['8.8.8.8', '127.0.0.1']],
  [['::ffff:127.0.0.1']],
  [['169.254.169.254']],
  [['fe80::1']],
  [[]],
])('a name that leads to %j is not spoken to', async (addresses) => {
  answers.push(addresses.map(address));
  await expect(post(new AddressRules(), `https://hooks.example:${receiver.port}/`, {}, '{}')).rejects.toThrow(
    ForbiddenAddress,
  );
  expect(receiver.received).toEqual([]);
});
