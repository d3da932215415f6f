import { fork, type ChildProcess } from 'node:child_process';
import { failure } from '../errors.js';
import type { Launch } from '../model/launch.js';
import type { RehearsalOptions } from '../rehearsal/settings.js';
import type { Task, TaskRun } from '../rehearsal/task.js';
import { programBeside } from './program-beside.js';

/** A part of a rehearsal, for a process of its own. */
export interface RehearsalOrder {
  launch: Launch;
  options: RehearsalOptions;
  tasks: Task[];
}

const PROGRAM = programBeside(import.meta.url, 'rehearsal-process');
/** How long a process waits for another order before it is ended, ms. */
const IDLE_MS = 10_000;

/** Processes that carry out parts of rehearsals. They are kept for a while: to start one takes longer than a small part. */
export class RehearsalProcesses {
  private readonly idle = new Set<ChildProcess>();
  private ending: NodeJS.Timeout | undefined;

  /** @param time_limit the longest that one part may take, ms */
  constructor(private readonly time_limit: number) {}

  /**
   * @param giving_up ends the process with its order
   * @throws {RampartError} unavailable if the process fails or takes too long
   */
  async carryOut(order: RehearsalOrder, giving_up: AbortSignal): Promise<TaskRun[]> {
    const child = this.take();
    try {
      const runs = await this.answerOf(child, order, giving_up);
      this.keep(child);
      return runs;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private take(): ChildProcess {
    clearTimeout(this.ending);
    for (const child of this.idle) {
      this.idle.delete(child);
      child.ref();
      child.channel?.ref();
      return child;
    }
    const child = fork(PROGRAM.url, {
      execArgv: PROGRAM.exec_argv,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('exit', () => this.idle.delete(child));
    // Of one that waits; who gave it an order hears it, too.
    child.on('error', () => this.idle.delete(child));
    return child;
  }

  /** It does not keep this process alive, and ends with it. */
  private keep(child: ChildProcess): void {
    this.idle.add(child);
    child.unref();
    child.channel?.unref();
    clearTimeout(this.ending);
    this.ending = setTimeout(() => this.endIdle(), IDLE_MS).unref();
  }

  private endIdle(): void {
    for (const child of this.idle) child.kill('SIGKILL');
    this.idle.clear();
  }

  private answerOf(child: ChildProcess, order: RehearsalOrder, giving_up: AbortSignal): Promise<TaskRun[]> {
    return new Promise((resolve, reject) => {
      const fail = (detail: string): void => {
        forget();
        reject(failure('unavailable', detail));
      };
      const heard = (runs: unknown): void => {
        forget();
        resolve(runs as TaskRun[]);
      };
      const failed = (error: Error): void => fail(`the rehearsal failed: ${error.message}`);
      const ended = (code: number | null, signal: string | null): void =>
        fail(`the rehearsal ended without an answer (${code ?? signal})`);
      const givenUp = (): void => fail('another part of the rehearsal failed');
      const timer = setTimeout(() => {
        fail(`the rehearsal took more than ${this.time_limit / 1_000} s: ask for fewer runs`);
      }, this.time_limit);
      const forget = (): void => {
        clearTimeout(timer);
        child.off('message', heard).off('error', failed).off('exit', ended);
        giving_up.removeEventListener('abort', givenUp);
      };
      child.once('message', heard).once('error', failed).once('exit', ended);
      giving_up.addEventListener('abort', givenUp, { once: true });
      child.send(order);
    });
  }
}
