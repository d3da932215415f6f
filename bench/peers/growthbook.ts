// GrowthBookClient is meant for servers: one client, and a context for each user, so no call creates an instance.
// Without a tracking callback it records nothing. Hash version 2 is what GrowthBook writes into new rules.
import { GrowthBookClient, type UserContext } from '@growthbook/growthbook';
import type { Peer } from './peer.js';

const client = new GrowthBookClient().initSync({
  payload: {
    features: {
      boolean: {
        defaultValue: false,
        rules: [{ force: true, coverage: 0.5, hashAttribute: 'id', hashVersion: 2 }],
      },
      split: {
        defaultValue: '',
        rules: [
          { condition: { country: 'US' }, force: 'a' },
          { variations: ['a', 'b', 'c'], weights: [0.34, 0.33, 0.33], hashAttribute: 'id', hashVersion: 2 },
        ],
      },
      static: { defaultValue: true },
    },
  },
});

export const peer: Peer<UserContext> = {
  call: 'isOn(), getFeatureValue()',
  contextOf: ({ id, country }) => ({ attributes: { id, country } }),
  cases: {
    boolean: (context) => client.isOn('boolean', context),
    split: (context) => client.getFeatureValue('split', '', context),
    static: (context) => client.isOn('static', context),
  },
};
