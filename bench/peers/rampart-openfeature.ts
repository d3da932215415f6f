// The built SDK of clients/js, which gets its snapshot once from a server in this process.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Provider } from '@openfeature/server-sdk';
import { throughOpenFeature } from './openfeature.js';
import { document } from './rampart-document.js';

interface Options {
  baseUrl: string;
  apiKey: string;
  pollIntervalMs: number;
  stream: boolean;
}

const sdk = resolve('clients/js/dist/index.js');
if (!existsSync(sdk)) {
  throw new Error('clients/js is not built: `npm ci && npm run build` in clients/js');
}
const { RampartProvider } = (await import(pathToFileURL(sdk).href)) as {
  RampartProvider: new (options: Options) => Provider;
};

const server = createServer((_, response) => response.end(JSON.stringify(document)));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

export const peer = await throughOpenFeature(
  new RampartProvider({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: 'a-key-for-benchmarks',
    pollIntervalMs: 600_000,
    stream: false,
  }),
);
