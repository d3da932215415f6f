// Flags come from a bootstrap. With a refresh interval of 0 no server is asked; nothing is written to disk or counted.
// The default strategy is the cheapest that supports variants.
import { once } from 'node:events';
import { InMemStorageProvider, Unleash, type Context } from 'unleash-client';
import type { Peer } from './peer.js';

const variants = Object.entries({ a: 340, b: 330, c: 330 }).map(([name, weight]) => ({
  name,
  weight,
  stickiness: 'userId',
  payload: { type: 'string', value: name },
}));

const unleash = new Unleash({
  appName: 'bench',
  url: 'http://127.0.0.1:9/',
  refreshInterval: 0,
  disableMetrics: true,
  storageProvider: new InMemStorageProvider(),
  bootstrap: {
    data: [
      {
        name: 'boolean',
        enabled: true,
        strategies: [
          {
            name: 'flexibleRollout',
            parameters: { rollout: '50', stickiness: 'userId', groupId: 'boolean' },
            constraints: [],
          },
        ],
      },
      {
        name: 'split',
        enabled: true,
        strategies: [
          {
            name: 'default',
            parameters: { groupId: 'split' },
            constraints: [
              {
                contextName: 'country',
                operator: 'IN' as never,
                values: ['US'],
                inverted: false,
                caseInsensitive: false,
              },
            ],
            variants: [variants[0]!],
          },
          { name: 'default', parameters: { groupId: 'split' }, constraints: [], variants },
        ],
      },
      { name: 'static', enabled: true, strategies: [] },
    ] as never,
  },
});
await once(unleash, 'ready');

export const peer: Peer<Context> = {
  call: 'isEnabled(), getVariant()',
  contextOf: ({ id, country }) => ({ userId: id, properties: { country } }),
  cases: {
    boolean: (context) => unleash.isEnabled('boolean', context),
    split: (context) => unleash.getVariant('split', context).name,
    static: (context) => unleash.isEnabled('static', context),
  },
};
