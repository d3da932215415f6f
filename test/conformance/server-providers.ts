import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature, type Client, type EvaluationContext, type Provider } from '@openfeature/server-sdk';
import { METHODS, observe } from './observe.js';
import type { Connection, Observed, ProviderUnderTest, Question } from './provider.js';

/** Where `buildJavascript` puts it. */
export const JAVASCRIPT_SDK = join(import.meta.dirname, '..', '..', 'clients', 'js', 'dist');

const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };
// The SDK tells of providers that fail, as some are to here.
OpenFeature.setLogger(SILENT);

type Make = (connection: Connection) => Provider;

/** A provider in this process, in a domain of its own. */
class ServerProvider implements ProviderUnderTest {
  private readonly client: Client;

  constructor(
    private readonly domain: string,
    private readonly make: Make,
  ) {
    this.client = OpenFeature.getClient(domain);
  }

  async connect(connection: Connection): Promise<void> {
    const provider = this.make(connection);
    if (!connection.wait) OpenFeature.setProvider(this.domain, provider);
    // Why it failed is what its status says.
    else await OpenFeature.setProviderAndWait(this.domain, provider).catch(() => undefined);
  }

  evaluate(question: Question): Promise<Observed> {
    const { type, key, fallback, context } = question;
    type Evaluate = (
      key: string,
      fallback: unknown,
      context: EvaluationContext,
      options: object,
    ) => ReturnType<Client['getObjectDetails']>;
    const evaluate = (this.client[METHODS[type]] as Evaluate).bind(this.client);
    return observe(question, (hooks) => evaluate(key, fallback, context, { hooks }));
  }

  status(): Promise<string> {
    return Promise.resolve(this.client.providerStatus);
  }

  async close(): Promise<void> {
    await OpenFeature.close();
  }
}

export async function rampartServerProvider(): Promise<ProviderUnderTest> {
  // As it is shipped; before it was built there are no types to check against.
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
  const make: Make = ({ url, key }) =>
    new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${key}`]] });
  return Promise.resolve(new ServerProvider('ofrep', make));
}
