import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fingerprint } from '../../src/secrets/derive.js';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { Database } from '../../src/store/database.js';
import { takesSecret } from '../../src/store/installation.js';
import { PROGRAM } from '../program.js';
import { SECRET } from './harness.js';

const log = (): void => undefined;
let dataDir: string;
let mongo: Server;
let temporal: Server;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-secret-'));
  [mongo, temporal] = await Promise.all([startMongo({ dataDir, log }), startTemporal({ dataDir, log })]);
  const database = await Database.connect(mongo.address, 'rampart');
  expect(await takesSecret(database, fingerprint(SECRET))).toBe(true);
  await database.close();
});

afterAll(async () => {
  await Promise.all([mongo.stop(), temporal.stop()]);
  await rm(dataDir, { recursive: true, force: true });
});

/** The compiled program, with the secret of another installation. */
async function start(command: string, settings: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...PROGRAM, command], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: '0',
      MONGODB_URI: mongo.address,
      TEMPORAL_ADDRESS: temporal.address,
      RAMPART_SECRET: 'a secret of another installation, long enough',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const saying = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number];
  const said = (await saying).join('').trim().split('\n');
  return { code, said };
}

const LINE =
  /^RAMPART_SECRET is not the secret that the database rampart was begun with.*: set that secret .* or name another/;

it.each<[command: string, settings: Record<string, string>]>([
  ['api', {}],
  ['api', { RAMPART_API_PROCESSES: '3' }],
  ['worker', {}],
])('%s (%j) with another secret says one line, and ends with exit code 2', async (command, settings) => {
  const { code, said } = await start(command, settings);
  expect(said).toEqual([expect.stringMatching(LINE)]);
  expect(code).toBe(2);
});

it('serve with another secret names the servers that it uses, and then says that line', async () => {
  const { code, said } = await start('serve', { RAMPART_DATA_DIR: join(dataDir, 'own') });
  expect(said).toEqual([
    expect.stringMatching(/^MongoDB: /),
    expect.stringMatching(/^Temporal: /),
    expect.stringMatching(LINE),
  ]);
  expect(code).toBe(2);
});
