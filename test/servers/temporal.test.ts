import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { startTemporal } from '../../src/servers/temporal.js';
import { temporalClient } from '../../src/temporal/connection.js';

it('the client does not use AsyncLocalStorage, which would slow the whole process down', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-temporal-'));
  const server = await startTemporal({ dataDir, log: () => undefined });
  const [run, enterWith] = (['run', 'enterWith'] as const).map((name) =>
    vi.spyOn(AsyncLocalStorage.prototype, name),
  );
  const client = temporalClient(server.address, 'default');
  await client.connection.ensureConnected();
  await expect(client.workflow.getHandle('nobody').describe()).rejects.toThrow(WorkflowNotFoundError);
  expect([run!.mock.calls.length, enterWith!.mock.calls.length]).toEqual([0, 0]);
  vi.restoreAllMocks();
  await client.connection.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it('the client gives up a request that is not answered', async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const client = temporalClient(`127.0.0.1:${(mute.address() as AddressInfo).port}`, 'default');
  await expect(client.workflow.getHandle('nobody').describe()).rejects.toThrow();
  await client.connection.close();
  for (const socket of sockets) socket.destroy();
  mute.close();
}, 15_000);
