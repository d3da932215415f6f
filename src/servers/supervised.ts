import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { StartError } from '../start-error.js';
import type { Log } from './server.js';
import { until } from './until.js';

/** Children that run now. Temporal does not watch its standard input, so it would outlive this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** The exit code of our own program where a setting is wrong: another start would end alike. */
const WRONG_SETTING = 2;
/** What a child of our own program says once it is of use. */
const READY = 'rampart is ready';

/** Tells the process that started this one, if it wants to know, that this one is of use. */
export function sayReady(): void {
  process.send?.(READY);
}

/** How many characters of what a child writes to its standard error are kept. */
const KEPT_CHARACTERS = 1_000;

/** Keeps a child process running until `stop`: one that dies is started again, after 0.2 s at first and at most 2 s. */
export class Supervised {
  private child!: ChildProcess;
  private stopping = false;
  private failures = 0;
  private isReady = false;
  /** Called when the child says, by its exit code, that it cannot start; then it is not started again. */
  private refused: (() => void) | undefined;
  /** The end of the standard error of the latest child that wrote anything there. */
  private lastWords = '';

  constructor(
    private readonly name: string,
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly log: Log,
    /** Of a child of our own program, whose output becomes ours; other children inherit the environment silently. */
    private readonly environment?: Readonly<Record<string, string | undefined>>,
  ) {
    this.start();
  }

  pid(): number[] {
    return this.child.pid !== undefined && this.child.exitCode === null ? [this.child.pid] : [];
  }

  /** Whether the child that runs now has said that it is of use. Nobody else can say it, as on a port that others have. */
  hasSaidReady(): boolean {
    return this.isReady;
  }

  /** Sends SIGTERM, and SIGKILL if the child has not ended after `grace_ms`, which it logs. */
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

  /** Like `until`. A child that does not become ready is stopped; the error has the end of its standard error. */
  async ready(check: () => Promise<boolean>, ms: number): Promise<void> {
    try {
      await until(check, ms, this.name);
    } catch (error) {
      await this.stop();
      const said = this.lastWords.trim();
      throw new Error((error as Error).message + (said && `; it said: ${said}`), { cause: error });
    }
  }

  /**
   * Rejects if the child ends with the exit code of a wrong setting, about which it has said a line of its own, before the
   * promise resolves.
   */
  async unlessRefused<T>(promise: Promise<T>): Promise<T> {
    const refusal = new Promise<never>((_, reject) => {
      this.refused = () => reject(new StartError(''));
    });
    try {
      return await Promise.race([promise, refusal]);
    } finally {
      this.refused = undefined;
    }
  }

  private start(): void {
    const started = performance.now();
    // The child's standard input is a pipe that closes when this process ends, however it ends.
    const child = spawn(this.command, this.args, {
      stdio: this.environment ? ['pipe', 'inherit', 'inherit', 'ipc'] : ['pipe', 'ignore', 'pipe'],
      ...(this.environment && { env: this.environment }),
      // Ctrl-C in a terminal goes to the whole process group, but only the parent decides who ends when.
      detached: true,
    });
    this.child = child;
    this.isReady = false;
    child.on('message', (message) => (this.isReady ||= message === READY));
    running.add(child);
    child.stdin?.on('error', () => undefined);
    const lastWords = this.keepLastWords(child);
    let isOver = false;
    const ended = (how: string): void => {
      running.delete(child);
      this.isReady = false;
      if (this.stopping || isOver) return;
      isOver = true;
      const said = lastWords().trim().split('\n').at(-1);
      this.failures = performance.now() - started > 10_000 ? 0 : this.failures + 1;
      this.log(`${this.name} ended (${how}${said ? `; it said: ${said}` : ''}), starting it again`);
      setTimeout(
        () => {
          if (!this.stopping) this.start();
        },
        Math.min(200 * 2 ** this.failures, 2_000),
      );
    };
    child.once('error', (error) => ended(error.message));
    // Not 'exit', after which its last words may still arrive.
    child.once('close', (code, signal) => {
      if (code === WRONG_SETTING && this.refused) {
        this.stopping = true;
        this.refused();
      }
      ended(signal ?? `exit ${code}`);
    });
  }

  /** Answers the end of what the child has written so far. */
  private keepLastWords(child: ChildProcess): () => string {
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-KEPT_CHARACTERS);
      this.lastWords = words;
    });
    return () => words;
  }
}
