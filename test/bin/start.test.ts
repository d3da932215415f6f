import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { MongoServerError } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drain } from '../../src/bin/drain.js';
import { API_PROCESSES_MS, CHILDREN_MS, LAST_REQUESTS_MS } from '../../src/bin/grace.js';
import { asStartError, connectTo, isAway, whenThere } from '../../src/bin/open-store.js';
import { withOwnSecret } from '../../src/bin/own-secret.js';
import { parseConfig } from '../../src/config.js';
import { makeDataFolder } from '../../src/servers/data-folder.js';
import { assertPortIsFree } from '../../src/servers/ports.js';
import { StartError } from '../../src/start-error.js';
import { PROGRAM } from '../program.js';

const SECRET = 'a secret of tests that is long enough';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rampart-start-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function start(command: string, environment: Record<string, string>) {
  const child = spawn(process.execPath, [...PROGRAM, command], {
    env: { PATH: process.env['PATH'], RAMPART_SECRET: SECRET, RAMPART_DATA_DIR: folder, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  const [code] = (await once(child, 'exit')) as [number];
  return { code, said: await said };
}

describe('what keeps `serve` from starting is one line with a remedy, and exit code 2', () => {
  let taken: Server;
  beforeAll(async () => {
    taken = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(taken, 'listening');
  });
  afterAll(() => void taken.close());

  it.each<[what: string, settings: () => Record<string, string>, line: string]>([
    [
      'a port that another process has',
      () => ({ PORT: String((taken.address() as AddressInfo).port) }),
      'PORT',
    ],
    [
      'a folder that nobody can make',
      () => ({ RAMPART_DATA_DIR: '/proc/nope/x' }),
      'name a folder that can be written',
    ],
    ['a folder in use', () => ({}), `in use by process ${process.pid}`],
    [
      'an address that is none',
      () => ({ MONGODB_URI: 'nonsense' }),
      'MONGODB_URI must be an address such as mongodb://',
    ],
    [
      'a MongoDB that is away',
      () => ({ MONGODB_URI: 'mongodb://u:hidden@127.0.0.1:9/' }),
      'MongoDB at 127.0.0.1:9 does not answer',
    ],
    [
      'a Temporal that is away',
      () => ({ TEMPORAL_ADDRESS: '127.0.0.1:9' }),
      'Temporal at 127.0.0.1:9 does not answer',
    ],
  ])('%s', async (what, settings, line) => {
    if (what === 'a folder in use') {
      const began = (await readFile(`/proc/${process.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')[19];
      const lock = { holder: { pid: process.pid, began }, children: [] };
      await writeFile(join(folder, 'rampart.lock'), JSON.stringify(lock));
    }
    const { code, said } = await start('serve', { PORT: '0', ...settings() });
    expect(code).toBe(2);
    expect(said.trimEnd().split('\n')).toEqual([expect.stringContaining(line)]);
    expect(said).not.toContain('hidden');
  });
});

it('a data folder, a port or a setting that is wrong has its own line', async () => {
  const file = join(folder, 'file');
  await writeFile(file, 'x');
  for (const path of [file, join(file, 'x', 'y')])
    await expect(makeDataFolder(path)).rejects.toThrow(
      new StartError(`RAMPART_DATA_DIR: ${file} is a file: name a folder`),
    );
  await makeDataFolder(join(folder, 'a', 'b', 'c'));
  expect((await stat(join(folder, 'a', 'b', 'c'))).isDirectory()).toBe(true);
  await expect(assertPortIsFree('192.0.2.1', 8080)).rejects.toThrow(
    'HOST: 192.0.2.1 is no address of this machine',
  );
  const wrong = (settings: object) => () => parseConfig({ RAMPART_SECRET: SECRET, ...settings });
  expect(wrong({ PORT: '80x' })).toThrow('PORT must be a whole number from 0 to 65535');
  expect(wrong({ PORT: '70000' })).toThrow('PORT must be a whole number from 0 to 65535');
  expect(wrong({ RAMPART_SECRET: 'short' })).toThrow('RAMPART_SECRET must have at least 32 characters');
  expect(wrong({ MONGODB_DATABASE: 'a/b' })).toThrow('MONGODB_DATABASE must be 1 to 63 of A-Z a-z 0-9 _ -');
  const oidc = {
    RAMPART_PUBLIC_URL: 'https://rampart.example.com',
    RAMPART_OIDC_ISSUER: 'https://login.example.com',
    RAMPART_OIDC_CLIENT_ID: 'rampart',
    RAMPART_OIDC_ROLES: '[{"claim":"groups","value":"staff","role":"viewer"}]',
  };
  expect(wrong(oidc)).not.toThrow();
  for (const name of ['RAMPART_PUBLIC_URL', 'RAMPART_OIDC_CLIENT_ID', 'RAMPART_OIDC_ROLES'])
    expect(wrong({ ...oidc, [name]: '' })).toThrow(
      `${name} is missing: sign-in by RAMPART_OIDC_ISSUER needs it`,
    );
  expect(wrong({ ...oidc, RAMPART_OIDC_ISSUER: '' })).toThrow('set RAMPART_OIDC_ISSUER too, or leave it out');
  expect(wrong({ ...oidc, RAMPART_OIDC_ISSUER: 'http://login.example.com' })).toThrow(
    'RAMPART_OIDC_ISSUER must be an https address',
  );
  expect(wrong({ ...oidc, RAMPART_OIDC_ISSUER: 'http://127.0.0.1:9000' })).not.toThrow();
  expect(wrong({ ...oidc, RAMPART_OIDC_SCOPES: 'email' })).toThrow('RAMPART_OIDC_SCOPES must have openid');
  expect(wrong({ ...oidc, RAMPART_OIDC_ROLES: 'staff' })).toThrow('RAMPART_OIDC_ROLES must be JSON');
  expect(
    wrong({ ...oidc, RAMPART_OIDC_ROLES: '[{"claim":"groups","value":"staff","role":"boss"}]' }),
  ).toThrow(/RAMPART_OIDC_ROLES\.0\.role must be one of viewer/);
  const refused = Object.assign(new Error('Authentication failed.'), { code: 18 });
  expect(asStartError(refused)).toEqual(
    new StartError(
      'MONGODB_URI: MongoDB refuses the user (Authentication failed.): correct its name, password and rights',
    ),
  );
  expect(wrong({ TEMPORAL_ADDRESS: 'nonsense' })).toThrow(
    'TEMPORAL_ADDRESS must be an address such as 127.0.0.1:7233',
  );
  for (const uri of ['mongodb://x/?foo=1', 'mongodb://[bad', 'mongodb+srv://127.0.0.1'])
    await expect(connectTo(uri, 'rampart')).rejects.toThrow('MONGODB_URI is not an address of MongoDB');
});

it('a start waits out a failover, and a Temporal that goes meanwhile', async () => {
  const failovers = [10_107, 189, 11_602, 91].map(
    (code) => new MongoServerError({ code, errmsg: 'stepped down' }),
  );
  const unavailable = Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14 });
  const temporal = [
    new Error('Failed to connect before the deadline'),
    new Error('Failed to start Workflow', { cause: unavailable }),
  ];
  for (const error of [...failovers, ...temporal])
    expect([error.message, isAway(error)]).toEqual([error.message, true]);
  for (const error of [new Error('no such index'), new MongoServerError({ code: 18 }), 'text', null])
    expect(isAway(error)).toBe(false);
  const said: string[] = [];
  const say = (line: unknown) => void said.push(String(line));
  let tries = 0;
  const open = () => ((tries += 1) === 1 ? Promise.reject(failovers[0]!) : Promise.resolve('open'));
  expect(await whenThere(open, 'it is away', { warn: say, info: say } as never)).toBe('open');
  expect(said).toEqual(['it is away; waiting for it', 'it answers']);
});

describe.each(['api', 'worker'])('%s', (command) => {
  it('waits for MongoDB, and says so', async () => {
    const child = spawn(process.execPath, [...PROGRAM, command], {
      env: {
        PATH: process.env['PATH'],
        RAMPART_SECRET: SECRET,
        MONGODB_URI: 'mongodb://127.0.0.1:9/',
        TEMPORAL_ADDRESS: '127.0.0.1:9',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said] = (await once(child.stderr, 'data')) as [Buffer];
    expect(said.toString()).toContain(
      'MongoDB at 127.0.0.1:9 does not answer: start it, or correct MONGODB_URI; waiting',
    );
    expect(child.exitCode).toBeNull();
    child.kill();
    await once(child, 'exit');
  });
});

describe('the secret that a data folder keeps', () => {
  it('is made once, for its owner only, and said', async () => {
    const said: string[] = [];
    const make = () => withOwnSecret({ RAMPART_DATA_DIR: join(folder, 'a', 'b') }, (line) => said.push(line));
    const first = await make();
    expect(first['RAMPART_SECRET']).toMatch(/^[0-9a-f]{64}$/);
    expect(await make()).toEqual(first);
    const path = join(folder, 'a', 'b', 'secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(said).toEqual([expect.stringContaining(path)]);
  });

  it('is one, also where two start at once', async () => {
    const both = await Promise.all(
      [1, 2].map(() => withOwnSecret({ RAMPART_DATA_DIR: folder }, () => undefined)),
    );
    expect(both[0]).toEqual(both[1]);
  });

  it('is not needed where there is a secret, or no folder', async () => {
    const log = (line: string) => expect.fail(line);
    expect(await withOwnSecret({ RAMPART_SECRET: 'x', RAMPART_DATA_DIR: folder }, log)).toHaveProperty(
      'RAMPART_SECRET',
      'x',
    );
    expect(await withOwnSecret({}, log)).toEqual({});
    await expect(withOwnSecret({ RAMPART_DATA_DIR: '/proc/nope' }, log)).rejects.toThrow(StartError);
  });
});

describe('a server that ends', () => {
  it('serves on while it is not ready, closes connections politely, and then stops listening', async () => {
    const ending = new AbortController();
    const server = createServer(
      (_, response) => void response.end(ending.signal.aborted ? 'still' : 'served'),
    );
    server.keepAliveTimeout = 65_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string) => {
      const response = await new Promise<IncomingMessage>((resolve, reject) =>
        request({ port, path, headers: { connection: 'keep-alive' } }, resolve)
          .on('error', reject)
          .end(),
      );
      return {
        status: response.statusCode,
        connection: response.headers.connection,
        body: await text(response),
      };
    };
    expect(await ask('/')).toEqual({ status: 200, connection: 'keep-alive', body: 'served' });
    let streamsClosed = 0;
    const ended = drain(server, ending, 300, () => (streamsClosed += 1));
    expect(await ask('/')).toEqual({ status: 200, connection: 'close', body: 'still' });
    expect(streamsClosed).toBe(0);
    await ended;
    expect(streamsClosed).toBe(1);
    await expect(ask('/')).rejects.toThrow('ECONNREFUSED');
  });

  it('has time: each waits longer than what is inside of it', () => {
    const longest_drain = 15_000;
    expect(longest_drain + LAST_REQUESTS_MS).toBeLessThan(API_PROCESSES_MS);
    expect(API_PROCESSES_MS).toBeLessThan(CHILDREN_MS);
    expect(CHILDREN_MS).toBeLessThan(25_000);
  });
});
