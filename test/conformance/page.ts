// The script of the page, bundled for the browser: carries out the calls of `web-providers.ts`.
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, type EvaluationDetails, type JsonValue, type Provider } from '@openfeature/web-sdk';
import { METHODS, observe } from './observe.js';
import type { Connection, ObservedEvaluation, EvaluationRequest } from './provider.js';

const RAMPART = '/rampart.js';
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const PROVIDERS: Record<string, (connection: Connection) => Promise<Provider>> = {
  // Without a cache: its entries do not depend on the context, so an evaluation of an earlier scenario would be used.
  ofrep: ({ url, key }) =>
    Promise.resolve(
      new OFREPWebProvider({
        baseUrl: url,
        headers: [['Authorization', `Bearer ${key}`]],
        cacheMode: 'disabled',
      }),
    ),
  async rampart({ url, key, timeoutMs }) {
    // The published bundle for browsers.
    const { RampartWebProvider } = (await import(RAMPART)) as {
      RampartWebProvider: new (options: object) => Provider;
    };
    return new RampartWebProvider({ baseUrl: url, apiKey: key, timeoutMs, logger });
  },
};

const client = OpenFeature.getClient();

const conformance = {
  async connect(name: string, connection: Connection): Promise<void> {
    await OpenFeature.clearProviders();
    await OpenFeature.clearContexts();
    const provider = await PROVIDERS[name]!(connection);
    if (!connection.wait) OpenFeature.setProvider(provider);
    // If it fails, its status says why.
    else await OpenFeature.setProviderAndWait(provider).catch(() => undefined);
  },

  async evaluate(_name: string, request: EvaluationRequest): Promise<ObservedEvaluation> {
    const { type, key, fallback, context } = request;
    if (Object.keys(context).length > 0) await OpenFeature.setContext(context as Record<string, string>);
    type Evaluate = (key: string, fallback: unknown, options: object) => EvaluationDetails<JsonValue>;
    const evaluate = (client[METHODS[type]] as Evaluate).bind(client);
    return observe(request, (hooks) => evaluate(key, fallback, { hooks }));
  },

  status(): Promise<string> {
    return Promise.resolve(client.providerStatus);
  },
};

export type Conformance = typeof conformance;
Object.assign(globalThis, { conformance });
