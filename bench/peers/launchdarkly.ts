// Flags come from the SDK's own test data source, in the format that LaunchDarkly's servers send. Nothing is sent. All
// calls of the SDK return promises.
import { init, type LDContext } from '@launchdarkly/node-server-sdk';
import { TestData } from '@launchdarkly/node-server-sdk/integrations';
import type { Peer, Value } from './peer.js';

/** A flag with the fields that all flags have. */
function flag(key: string, rest: object): object {
  return {
    key,
    version: 1,
    on: true,
    salt: key,
    offVariation: 0,
    targets: [],
    prerequisites: [],
    rules: [],
    ...rest,
  };
}

/** Weights in thousandths of a per cent. */
function rollout(...weights: number[]): object {
  return {
    rollout: {
      contextKind: 'user',
      variations: weights.map((weight, variation) => ({ variation, weight })),
    },
  };
}

const data = new TestData();
await data.usePreconfiguredFlag(
  flag('boolean', { variations: [false, true], fallthrough: rollout(50_000, 50_000) }),
);
await data.usePreconfiguredFlag(
  flag('split', {
    variations: ['a', 'b', 'c'],
    rules: [
      {
        id: 'us',
        clauses: [{ contextKind: 'user', attribute: 'country', op: 'in', values: ['US'], negate: false }],
        variation: 0,
      },
    ],
    fallthrough: rollout(34_000, 33_000, 33_000),
  }),
);
await data.usePreconfiguredFlag(flag('static', { variations: [false, true], fallthrough: { variation: 1 } }));
const silent = (): void => undefined;
const client = init('sdk-key', {
  updateProcessor: data.getFactory(),
  sendEvents: false,
  diagnosticOptOut: true,
  logger: { error: console.error, warn: console.error, info: silent, debug: silent },
});
await client.waitForInitialization({ timeout: 10 });

export const peer: Peer<LDContext> = {
  call: 'await variation()',
  contextOf: ({ id, country }) => ({ kind: 'user', key: id, country }),
  cases: {
    boolean: (context) => client.variation('boolean', context, false) as Promise<Value>,
    split: (context) => client.variation('split', context, '') as Promise<Value>,
    static: (context) => client.variation('static', context, false) as Promise<Value>,
  },
};
