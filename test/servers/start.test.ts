import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DataLock } from '../../src/servers/lock.js';
import { freePort } from '../../src/servers/ports.js';
import { Supervised } from '../../src/servers/supervised.js';
import { PROGRAM } from '../program.js';
import { eventually } from '../e2e/harness.js';
import { processes } from '../processes.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-start-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

/** Command lines of the processes that use our folder. */
async function onFolder(): Promise<string[]> {
  const commands = (await processes()).map(({ command }) => command);
  return commands.filter((command) => command.includes(dataDir));
}

it('serve leaves no server behind when it is told to end while it starts', async () => {
  const serve = spawn(process.execPath, [...PROGRAM, 'serve'], {
    env: {
      ...process.env,
      PORT: String(await freePort()),
      RAMPART_DATA_DIR: dataDir,
      RAMPART_SECRET: 'a secret of tests that is long enough',
    },
    stdio: 'ignore',
  });
  const ended = once(serve, 'exit');
  await eventually(async () => (await onFolder()).length >= 2);
  serve.kill('SIGTERM');
  await ended;
  await eventually(async () => (await onFolder()).length === 0, 10_000);
});

it('free ports are below those that the kernel assigns itself', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(new Set(ports).size).toBe(20);
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  expect(Math.max(...ports)).toBeLessThan(port);
});

it('a server that does not become ready is stopped, and not started again', async () => {
  const lines: string[] = [];
  const script = `'${dataDir}'; console.error('no room')`;
  const server = new Supervised('nothing', process.execPath, ['-e', script], (line) => lines.push(line));
  await expect(server.ready(() => Promise.resolve(false), 1_500)).rejects.toThrow(
    /^nothing did not become ready within 1.5 s; it said: no room/,
  );
  const { length } = lines;
  expect(length).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect([lines.length, await onFolder()]).toEqual([length, []]);
});

it('only the child itself says that it is of use, and each anew', async () => {
  const script = `'${dataDir}'; process.send('rampart is ready'); process.stdin.resume().on('end', () => process.exit())`;
  const child = new Supervised('child', process.execPath, ['-e', script], () => undefined, process.env);
  expect(child.hasSaidReady()).toBe(false);
  await eventually(() => Promise.resolve(child.hasSaidReady()));
  process.kill(child.pid()[0]!, 'SIGKILL');
  await eventually(() => Promise.resolve(!child.hasSaidReady()));
  await eventually(() => Promise.resolve(child.hasSaidReady()));
  await child.stop();
});

it('the lock of a folder is written atomically by concurrent writers, and stays away once it is released', async () => {
  const lock = await DataLock.take(dataDir, () => [process.ppid]);
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 10 }, () => lock.write()));
  }
  const { holder, children } = JSON.parse(await readFile(join(dataDir, 'rampart.lock'), 'utf8')) as {
    holder: { pid: number };
    children: { pid: number }[];
  };
  expect([holder.pid, children.map(({ pid }) => pid)]).toEqual([process.pid, [process.ppid]]);
  const writing = lock.write();
  await lock.release();
  await writing;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await readdir(dataDir)).toEqual([]);
});
