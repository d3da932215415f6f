// RAMPART_URL=http://127.0.0.1:8080 RAMPART_KEY=… node examples/quickstart.js [FLAG [UNIT]]   (a key of role `server`)
import { OpenFeature } from '@openfeature/server-sdk';
import { RampartProvider } from '@rampart/openfeature';

const { RAMPART_URL = 'http://127.0.0.1:8080', RAMPART_KEY = '' } = process.env;
const [flag = 'recommendation_algorithm', targetingKey = 'u1'] = process.argv.slice(2);

const provider = new RampartProvider({ baseUrl: RAMPART_URL, apiKey: RAMPART_KEY });
await OpenFeature.setProviderAndWait(provider).catch((error) => console.warn(error.message));

const client = OpenFeature.getClient();
client.addHandler('PROVIDER_CONFIGURATION_CHANGED', ({ flagsChanged }) =>
  console.log('changed:', flagsChanged),
);

const details = await client.getObjectDetails(flag, { algorithm: 'the default' }, { targetingKey });
console.log(details.value, details.variant, details.reason, details.errorMessage ?? '');

client.track('click', { targetingKey }, { value: 1 });
await OpenFeature.close(); // sends the exposure and the event
