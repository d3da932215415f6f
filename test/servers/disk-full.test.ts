import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMongo } from '../../src/servers/mongodb.js';
import { findProgram } from '../../src/servers/programs.js';
import type { Server } from '../../src/servers/server.js';
import { Database, reach } from '../../src/store/database.js';
import { eventually } from '../e2e/harness.js';

let dataDir: string;
let server: Server;
const path = process.env['PATH'];
const log: string[] = [];

/** How large files of the server may become from its next start on, in blocks of the shell. */
const allow = (blocks: string): Promise<void> => writeFile(join(dataDir, 'limit'), blocks);

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-full-'));
  const java = await findProgram('java');
  const limited = `#!/bin/sh\nulimit -f "$(cat '${dataDir}/limit')"\nexec '${java}' "$@"\n`;
  await writeFile(join(dataDir, 'java'), limited);
  await chmod(join(dataDir, 'java'), 0o755);
  await allow('8000');
  process.env['PATH'] = dataDir + delimiter + path;
  server = await startMongo({ dataDir, log: (line) => log.push(line) });
});

afterAll(async () => {
  process.env['PATH'] = path;
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it(
  'says that it is away while there is no room, and serves again when there is, with all that it acknowledged',
  { timeout: 180_000 },
  async () => {
    const database = await Database.connect(server.address, 'full');
    const documents = database.collection<{ _id: string; text: string }>('documents');
    // Random, because the file is compressed.
    const text = (): string =>
      Array.from({ length: 4_000 }, () => Math.random().toString(36).slice(2)).join('');
    const acknowledged: string[] = [];
    const insert = async (_id: string): Promise<void> => {
      await reach(() => documents.insertOne({ _id, text: text() }));
      acknowledged.push(_id);
    };
    let refusal: unknown = null;
    for (let n = 0; n < 2_000 && refusal === null; n += 1)
      await insert(`before-${n}`).catch((error: unknown) => (refusal = error));
    expect(refusal).toMatchObject({ code: 'unavailable', status: 503, members: { retry_after: 1 } });
    await eventually(() =>
      Promise.resolve(log.some((line) => line.includes('the store cannot be written any more'))),
    );
    await allow('unlimited');
    let n = 0;
    await eventually(() => insert(`after-${(n += 1)}`).then(() => true), 60_000);
    const found = await documents.find().project<{ _id: string }>({ _id: 1 }).toArray();
    const ids = new Set(found.map(({ _id }) => _id));
    expect(acknowledged.filter((_id) => !ids.has(_id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(1);
    await database.close();
  },
);
