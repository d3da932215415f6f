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
    const [kept] = this.idle;
    // One that waited may have died, and nobody has heard of it yet: that is not the rehearsal's failure.
    const runs =
      (kept && (await this.hand(kept, order, giving_up))) ??
      (await this.hand(this.begin(), order, giving_up));
    if (runs === null) throw failure('unavailable', 'the rehearsal ended without an answer');
    return runs;
  }

  private begin(): ChildProcess {
    const child = fork(PROGRAM.url, {
      execArgv: PROGRAM.exec_argv,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const forget = (): void => void this.idle.delete(child);
    return child.on('exit', forget).on('error', forget);
  }

  /** Null where the process ended without an answer. */
  private async hand(
    child: ChildProcess,
    order: RehearsalOrder,
    giving_up: AbortSignal,
  ): Promise<TaskRun[] | null> {
    giving_up.throwIfAborted();
    this.idle.delete(child);
    child.ref();
    child.channel?.ref();
    try {
      const runs = await this.answerOf(child, order, giving_up);
      if (runs !== null) this.keep(child);
      return runs;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
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

  private answerOf(
    child: ChildProcess,
    order: RehearsalOrder,
    giving_up: AbortSignal,
  ): Promise<TaskRun[] | null> {
    return new Promise((resolve, reject) => {
      const fail = (detail: string): void => {
        forget();
        reject(failure('unavailable', detail));
      };
      const heard = (runs: unknown): void => {
        forget();
        resolve(runs as TaskRun[]);
      };
      const ended = (): void => {
        forget();
        resolve(null);
      };
      const givenUp = (): void => fail('another part of the rehearsal failed');
      const timer = setTimeout(() => {
        fail(`the rehearsal took more than ${this.time_limit / 1_000} s: ask for fewer runs`);
      }, this.time_limit);
      const forget = (): void => {
        clearTimeout(timer);
        child.off('message', heard).off('exit', ended).off('error', ended);
        giving_up.removeEventListener('abort', givenUp);
      };
      child.once('message', heard).once('exit', ended).once('error', ended);
      giving_up.addEventListener('abort', givenUp, { once: true });
      // What cannot be sent any more ends with its process.
      child.send(order, () => undefined);
    });
  }
}
