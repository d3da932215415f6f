import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature, type Client, type EvaluationContext, type Provider } from '@openfeature/server-sdk';
import { METHODS, observe } from './observe.js';
import type { Connection, ObservedEvaluation, ProviderUnderTest, EvaluationRequest } from './provider.js';

/** Where `buildJavascript` writes it. */
export const JAVASCRIPT_SDK = join(import.meta.dirname, '..', '..', 'clients', 'js', 'dist');

const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
// The SDK logs providers that fail, as some do here on purpose.
OpenFeature.setLogger(SILENT);

type MakeProvider = (connection: Connection) => Provider;

/** A provider in this process, in a domain of its own. */
class ServerProvider implements ProviderUnderTest {
  private readonly client: Client;

  constructor(
    private readonly domain: string,
    private readonly make: MakeProvider,
  ) {
    this.client = OpenFeature.getClient(domain);
  }

  async connect(connection: Connection): Promise<void> {
    const provider = this.make(connection);
    if (!connection.wait) OpenFeature.setProvider(this.domain, provider);
    // If it fails, its status says why.
    else await OpenFeature.setProviderAndWait(this.domain, provider).catch(() => undefined);
  }

  evaluate(request: EvaluationRequest): Promise<ObservedEvaluation> {
    const { type, key, fallback, context } = request;
    type Evaluate = (
      key: string,
      fallback: unknown,
      context: EvaluationContext,
      options: object,
    ) => ReturnType<Client['getObjectDetails']>;
    const evaluate = (this.client[METHODS[type]] as Evaluate).bind(this.client);
    return observe(request, (hooks) => evaluate(key, fallback, context, { hooks }));
  }

  status(): Promise<string> {
    return Promise.resolve(this.client.providerStatus);
  }

  async close(): Promise<void> {
    await OpenFeature.close();
  }
}

export async function rampartServerProvider(): Promise<ProviderUnderTest> {
  // The published bundle. Before it has been built there are no types to check against.
  const { RampartProvider } = (await import(pathToFileURL(join(JAVASCRIPT_SDK, 'server.js')).href)) as {
    RampartProvider: new (options: object) => Provider;
  };
  return new ServerProvider(
    'rampart',
    ({ url, key, timeoutMs }) =>
      new RampartProvider({ baseUrl: url, apiKey: key, timeoutMs, logger: SILENT }),
  );
}

export function ofrepServerProvider(): Promise<ProviderUnderTest> {
  const make: MakeProvider = ({ url, key }) =>
    new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${key}`]] });
  return Promise.resolve(new ServerProvider('ofrep', make));
}
