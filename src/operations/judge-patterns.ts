import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { failure } from '../errors.js';
import { patternsIn } from '../model/conditions.js';
import { forgetOldVerdicts, isJudged, tellVerdict, UNDECIDED, type Verdict } from '../model/pattern.js';
import { programBeside } from './program-beside.js';

/** How patterns are checked; tests have less time. */
export interface PatternJudgeOptions {
  /** The longest that one check may take, ms: it ends itself after 6.2 s, unless something is wrong. */
  time_limit?: number;
  /** The longest that the checks of one body may take together, ms. What is undecided by then is refused. */
  body_limit?: number;
  /** How long the process waits for another question before it is ended, ms. */
  idle?: number;
  /** Most bodies that wait. */
  waiting?: number;
}

/** Patterns that are read before others have their turn. */
const AT_ONCE = 100;
const PROGRAM = programBeside(import.meta.url, 'pattern-process');

/**
 * Checks the regular expressions of definitions in a process of its own, because a check may take seconds, in which nothing
 * else would be answered. Bodies take turns, pattern by pattern, so that one with many holds up no other.
 */
export class PatternJudge {
  private child: ChildProcess | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private ending: NodeJS.Timeout | undefined;
  /** Bodies whose verdicts may still be read. */
  private bodies = 0;
  private waiting = 0;
  private readonly time_limit: number;
  private readonly body_limit: number;
  private readonly idle: number;
  private readonly most_waiting: number;

  constructor(options: PatternJudgeOptions = {}) {
    this.time_limit = options.time_limit ?? 10_000;
    this.body_limit = options.body_limit ?? 20_000;
    this.idle = options.idle ?? 10_000;
    this.most_waiting = options.waiting ?? 20;
  }

  /**
   * Has all patterns in a body judged, so that schemas know of each whether it is fast.
   *
   * @throws {RampartError} rate_limited if too many bodies wait, unavailable if the process fails
   */
  async judge(body: unknown): Promise<void> {
    this.bodies += 1;
    try {
      const patterns = await unjudgedIn(body);
      if (patterns.size > 0) await this.judgeAll(patterns);
    } finally {
      this.bodies -= 1;
      // Whoever waits reads the verdicts first: that is the next thing to happen.
      if (this.bodies === 0) setImmediate(forgetOldVerdicts);
    }
  }

  private async judgeAll(patterns: ReadonlySet<string>): Promise<void> {
    if (this.waiting > this.most_waiting) {
      const detail = `${this.waiting} definitions have their regular expressions checked: try again in a minute`;
      throw failure('rate_limited', detail, { retry_after: 30 });
    }
    this.waiting += 1;
    try {
      const until = performance.now() + this.body_limit;
      for (const pattern of patterns)
        tellVerdict(pattern, performance.now() < until ? await this.inTurn(pattern) : UNDECIDED);
    } finally {
      this.waiting -= 1;
    }
  }

  private inTurn(pattern: string): Promise<Verdict> {
    const mine = this.last.then(() => this.ask(pattern));
    this.last = mine.catch(() => undefined);
    return mine;
  }

  private async ask(pattern: string): Promise<Verdict> {
    clearTimeout(this.ending);
    const child = (this.child ??= this.start());
    const answered = new AbortController();
    const { signal } = answered;
    child.send(pattern);
    try {
      return await Promise.race([
        once(child, 'message', { signal }).then(([verdict]) => verdict as Verdict),
        once(child, 'exit', { signal }).then(([code, by]) => {
          throw new Error(`the process ended (${String(code ?? by)})`);
        }),
        wait(this.time_limit, undefined, { signal }).then(() => {
          this.end(child);
          return UNDECIDED;
        }),
      ]);
    } catch (error) {
      this.end(child);
      const { message } = error as Error;
      throw failure('unavailable', `regular expressions could not be checked: ${message}`, {
        retry_after: 1,
      });
    } finally {
      answered.abort();
      this.ending = setTimeout(() => this.end(child), this.idle).unref();
    }
  }

  /** A process that keeps this one from nothing: it ends with it. */
  private start(): ChildProcess {
    const child = fork(PROGRAM.url, {
      execArgv: PROGRAM.exec_argv,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // Whoever asks hears of an error, too; without anybody who does, it would end this process.
    child.on('error', () => this.end(child));
    child.on('exit', () => this.end(child));
    child.unref();
    child.channel?.unref();
    return child;
  }

  private end(child: ChildProcess): void {
    child.kill('SIGKILL');
    if (this.child === child) this.child = null;
  }
}

/** In turns: a body of nothing but patterns has tens of thousands of them. */
async function unjudgedIn(body: unknown): Promise<Set<string>> {
  const found = new Set<string>();
  let read = 0;
  for (const pattern of patternsIn(body)) {
    if (!isJudged(pattern)) found.add(pattern);
    read += 1;
    if (read % AT_ONCE === 0) await turn();
  }
  return found;
}

const shared = new PatternJudge();

/** Judges beside all other bodies of this process. @throws as `PatternJudge` */
export function judgePatterns(body: unknown): Promise<void> {
  return shared.judge(body);
}
