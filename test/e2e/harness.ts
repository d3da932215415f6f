import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../src/servers/ports.js';
import { childrenOf } from '../processes.js';
import { PROGRAM } from '../program.js';
import { ApiDocument, type OpenApi } from './api-document.js';

export const ADMIN_KEY = 'an-admin-key-for-tests';
export const SECRET = 'a secret of tests that is long enough';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

/** The real product, as `serve` runs it, in processes of its own. */
export class Rampart {
  private child!: ChildProcess;
  /** Every answer is held against it. */
  private document: ApiDocument | null = null;
  log = '';

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    private readonly environment: Record<string, string>,
  ) {}

  static async start(environment: Record<string, string> = {}, port?: number): Promise<Rampart> {
    const dataDir = await mkdtemp(join(tmpdir(), 'rampart-e2e-'));
    const rampart = new Rampart(dataDir, port ?? (await freePort()), environment);
    await rampart.begin().catch(async (error: unknown) => {
      await rampart.dispose();
      throw error;
    });
    return rampart;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    this.child = spawn(process.execPath, [...PROGRAM, 'serve'], {
      env: {
        ...process.env,
        PORT: String(this.port),
        RAMPART_DATA_DIR: this.dataDir,
        RAMPART_ADMIN_KEY: ADMIN_KEY,
        RAMPART_SECRET: SECRET,
        RAMPART_MANAGEMENT_RATE_LIMIT: '0',
        // A rehearsal takes the processors that what is tested needs.
        RAMPART_START_REHEARSAL_RUNS: '10',
        LOG_LEVEL: 'warn',
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => void (this.log += chunk.toString());
    this.child.stdout!.on('data', keep);
    this.child.stderr!.on('data', keep);
    await eventually(async () => {
      if (this.child.exitCode !== null) throw new Error(`serve ended: ${this.log}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    }, 60_000).catch((cause: unknown) => {
      throw new Error(`serve did not become ready; its log:\n${this.log.slice(-2_000)}`, { cause });
    });
  }

  pid(): number | undefined {
    return this.child.pid;
  }

  /** SIGTERM, as an operator would; answers the exit code. */
  async end(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return ended;
  }

  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Pids of everything that serve started, as its own lock file has them. */
  async childPids(): Promise<number[]> {
    const lock = JSON.parse(await readFile(join(this.dataDir, 'rampart.lock'), 'utf8')) as {
      children: { pid: number }[];
    };
    return lock.children.map(({ pid }) => pid);
  }

  /** A variable of the environment that serve gave to its API and worker. */
  async variable(name: string): Promise<string> {
    const text = await readFile(`/proc/${await this.pidOf('worker')}/environ`, 'utf8');
    return text
      .split('\0')
      .find((one) => one.startsWith(`${name}=`))!
      .slice(name.length + 1);
  }

  /** The processes of one kind that serve has now, also those it started again. */
  async pidsOf(kind: 'api' | 'worker' | 'mongodb'): Promise<number[]> {
    const part = { api: /cli\.[jt]s api $/, worker: /cli\.[jt]s worker $/, mongodb: /java|mongod/ }[kind];
    return (await childrenOf(this.child.pid!))
      .filter(({ command }) => part.test(command))
      .map(({ pid }) => pid);
  }

  /** Processes that one of them has started, with their command lines. */
  childrenOf(pid: number): Promise<{ pid: number; command: string }[]> {
    return childrenOf(pid);
  }

  async pidOf(part: string): Promise<number> {
    for (const pid of await this.childPids()) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes(part)) return pid;
    }
    throw new Error(`no process with ${part}`);
  }

  /** kill -9 of the whole tree. */
  async killAll(): Promise<void> {
    const pids = await this.childPids();
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went with its parent.
      }
    }
  }

  /** A command of the terminal, in a process of its own. */
  async cli(argv: readonly string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [...PROGRAM, ...argv], {
      env: { ...process.env, RAMPART_URL: this.url, RAMPART_KEY: ADMIN_KEY },
    });
    child.stdin.end(input);
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { code, out, err };
  }

  /** A request with the admin's key. @throws where the answer is not as the API's own document has it */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new Error(`${method} ${path} had no answer; the log ends with\n${this.log.slice(-2_000)}`, {
        cause: error,
      });
    });
    const text = await response.text();
    this.document ??= new ApiDocument((await (await fetch(`${this.url}/openapi.json`)).json()) as OpenApi);
    const type = response.headers.get('content-type');
    const complaints = this.document.complaints(method, path, response.status, type, text);
    if (complaints.length > 0) {
      throw new Error(`${method} ${path} answers ${response.status} with what its schema does not have:
${complaints.join('\n')}\n${text.slice(0, 2_000)}`);
    }
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
      headers: response.headers,
    };
  }

  async experiment(id: string): Promise<Record<string, unknown>> {
    return (await this.call('GET', `/v1/experiments/${id}`)).body;
  }

  async assign(id: string, unit_id: string): Promise<Record<string, unknown>> {
    const attributes = { segments: ['active_users'] };
    return (
      await this.call('POST', `/v1/experiments/${id}/assignments`, { unit_id, attributes, exposure: false })
    ).body;
  }
}

/** Waits until something is true; what it threw last is the reason where it never was. */
export async function eventually(check: () => Promise<boolean>, ms = 20_000): Promise<void> {
  const deadline = performance.now() + ms;
  let reason: unknown = new Error('it never was true');
  while (performance.now() < deadline) {
    try {
      if (await check()) return;
    } catch (error) {
      reason = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw reason instanceof Error ? reason : new Error(String(reason));
}
