import { OpenFeature, type EvaluationContext, type Provider } from '@openfeature/server-sdk';
import type { Peer } from './peer.js';

/** The cases, evaluated by a provider through OpenFeature's client, all of whose calls return promises. */
export async function throughOpenFeature(provider: Provider): Promise<Peer<EvaluationContext>> {
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  return {
    call: 'await getBooleanValue(), getStringValue()',
    contextOf: ({ id, country }) => ({ targetingKey: id, country }),
    cases: {
      boolean: (context) => client.getBooleanValue('boolean', false, context),
      split: (context) => client.getStringValue('split', '', context),
      static: (context) => client.getBooleanValue('static', false, context),
    },
  };
}
