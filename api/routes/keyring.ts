import type { z } from 'zod';
import { rotateKeyring } from '../../src/operations/rotate-keyring.js';
import type { KeyringDocument } from '../../src/store/keyring.js';
import type { ApiContext } from '../context.js';
import { wholeInstallation } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/privacy.js';

/** The keys that seal what is stored. API keys, by which callers are known, are another matter. */
export function keyringRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: '/v1/keyring',
      action: 'administer',
      environments: wholeInstallation,
      tag: 'privacy',
      summary: 'The keys that seal stored fields, and how far sealing anew is',
      replies: { 200: answers.keyring },
      async handle() {
        return { status: 200, body: present(await store.keyring.read()) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/keyring/rotate',
      action: 'administer',
      environments: wholeInstallation,
      tag: 'privacy',
      summary: 'Seal with a new key from now on; what was sealed before stays readable, and is sealed anew',
      replies: { 200: answers.keyring },
      async handle({ caller }) {
        return { status: 200, body: present(await rotateKeyring(context, caller.key_id)) };
      },
    }),
  ];
}

function present({ current, keys, round }: KeyringDocument): z.output<typeof answers.keyring> {
  return {
    current,
    keys: keys.map((entry) => ({
      ...entry,
      state: entry.key_id === current ? 'current' : entry.retired_at === null ? 'opening' : 'retired',
    })),
    round,
  };
}
