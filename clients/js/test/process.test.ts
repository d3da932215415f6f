import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeServer } from './fake-server.js';
import { snapshot } from './snapshot.js';
import { until } from './until.js';

let server: FakeServer;

beforeEach(async () => {
  server = await new FakeServer(snapshot()).start();
});

afterEach(() => server.stop());

/** Runs a script in a process of its own, with `provider`, `client` and `OpenFeature`. */
async function run(script: string): Promise<{ code: number | null; output: string; ms: number }> {
  const source = `
    import { OpenFeature } from '@openfeature/server-sdk';
    import { RampartProvider } from './dist/index.js';
    const provider = new RampartProvider({ baseUrl: '${server.url}', apiKey: 'key', timeoutMs: 1000 });
    const client = OpenFeature.getClient();
    ${script}`;
  const began = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const kill = setTimeout(() => child.kill('SIGKILL'), 8_000);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(kill);
  return { code, output, ms: performance.now() - began };
}

test('a script that does not close the provider ends by itself, after its events were sent', async () => {
  const { code, output } = await run(`
    await OpenFeature.setProviderAndWait(provider);
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.track('done', { targetingKey: 'u1' });
    console.log(await client.getStringValue('title', '', {}));`);
  expect({ code, output }).toEqual({ code: 0, output: 'Hello\n' });
  expect(server.events.map(({ type }) => type)).toEqual(['done']);
  expect(server.requests.some(({ line }) => line.startsWith('GET /v1/stream'))).toBe(true);
  await until('closing', () => server.requests.some(({ line }) => line.includes('closing=true')));
});

test('a script that closes the provider ends', async () => {
  const { code, output, ms } = await run(`
    await OpenFeature.setProviderAndWait(provider);
    client.track('done', { targetingKey: 'u1' });
    await OpenFeature.close();
    console.log('closed');`);
  expect({ code, output }).toEqual({ code: 0, output: 'closed\n' });
  expect(server.events).toHaveLength(1);
  expect(ms).toBeLessThan(3_000);
});

test('while the server is unreachable a script gets its defaults, and every promise settles', async () => {
  await server.stop();
  const { code, output } = await run(`
    await OpenFeature.setProviderAndWait(provider).catch((error) => console.log(error.code));
    client.track('done', { targetingKey: 'u1' });
    console.log(await client.getStringValue('title', 'mine', {}));
    await OpenFeature.close();
    console.log('dropped', provider.droppedEvents);`);
  expect(code).toBe(0);
  expect(output).toContain('PROVIDER_NOT_READY\nmine\n');
  expect(output).toContain('dropped 1');
});
