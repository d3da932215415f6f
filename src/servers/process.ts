import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A server that runs for somebody: embedded and ended by `stop`, or somebody else's and left alone. */
export interface Server {
  address: string;
  /** What was chosen and how to choose otherwise, in one line. */
  chosen: string;
  /** Process ids to be ended should this process be killed. */
  pids(): number[];
  stop(): Promise<void>;
}

export type Log = (line: string) => void;

export const run = promisify(execFile);

/** Where downloads are kept between runs. */
export function cacheFolder(...parts: string[]): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rampart', ...parts);
}

/** The path of a program on the PATH, or null. */
export async function findProgram(name: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Below the ports that kernels name by themselves (Linux from 32768, others from 49152): such a one would be given to
 * somebody's connection or inner server between our choice and its use.
 */
const PORTS = { from: 20_000, to: 32_768 };
const givenOut = new Set<number>();

/** A port of this machine that is free now, and that nobody here was given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (givenOut.has(port)) continue;
    givenOut.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Waits until something is true; throws what went wrong last when `ms` are over. */
export async function until(check: () => Promise<boolean>, ms: number, what: string): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await check().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${what} did not become ready within ${ms / 1000} s`);
    await sleep(50);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What runs now, and is not to outlive this process: Temporal does not look at its standard input. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** So many characters of what a child writes to its standard error are kept. */
const MOST_SAID = 1_000;

/**
 * Keeps a child process running: one that dies is started again, after 0.2 s at first and 2 s at most, until
 * `stop`.
 */
export class Supervised {
  private child!: ChildProcess;
  private stopping = false;
  private failures = 0;
  /** The end of what the newest that said anything wrote to its standard error. */
  private said = '';

  constructor(
    private readonly name: string,
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly log: Log,
    private readonly environment?: NodeJS.ProcessEnv,
  ) {
    this.start();
  }

  pid(): number[] {
    return this.child.pid !== undefined && this.child.exitCode === null ? [this.child.pid] : [];
  }

  /** SIGTERM, and SIGKILL, which is said, where it has not ended after `grace_ms`. */
  async stop(grace_ms = 5_000): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.log(`${this.name} has not ended ${grace_ms / 1000} s after SIGTERM: killed`);
      child.kill('SIGKILL');
    }, grace_ms);
    await ended;
    clearTimeout(timer);
  }

  /** As `until`; one that does not become ready is ended, not started again and again. The error has what it said last. */
  async ready(check: () => Promise<boolean>, ms: number): Promise<void> {
    try {
      await until(check, ms, this.name);
    } catch (error) {
      await this.stop();
      const said = this.said.trim();
      throw new Error((error as Error).message + (said && `; it said: ${said}`), { cause: error });
    }
  }

  private start(): void {
    const started = performance.now();
    // Its standard input is a pipe that closes with this process, however it ends; the output of our own is ours.
    this.child = spawn(this.command, this.args, {
      stdio: this.environment ? ['pipe', 'inherit', 'inherit'] : ['pipe', 'ignore', 'pipe'],
      ...(this.environment && { env: this.environment }),
      // Ctrl-C in a terminal goes to the whole group; only the parent shall decide who ends when.
      detached: true,
    });
    this.child.stdin?.on('error', () => undefined);
    let said = '';
    this.child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-MOST_SAID);
      this.said = said;
    });
    const { child } = this;
    running.add(child);
    const again = (how: string): void => {
      running.delete(child);
      if (this.stopping) return;
      this.failures = performance.now() - started > 10_000 ? 0 : this.failures + 1;
      const delay = Math.min(200 * 2 ** this.failures, 2_000);
      this.log(`${this.name} ended (${how}), starting it again`);
      setTimeout(() => {
        if (!this.stopping) this.start();
      }, delay);
    };
    this.child.once('error', (error) => again(error.message));
    this.child.once('exit', (code, signal) => again(signal ?? `exit ${code}`));
  }
}
