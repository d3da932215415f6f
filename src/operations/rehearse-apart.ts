import { availableParallelism } from 'node:os';
import { failure } from '../errors.js';
import type { Launch } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';
import type { Rehearsal } from '../rehearsal/answer.js';
import { searchTasks } from '../rehearsal/findable.js';
import { mergeRehearsal } from '../rehearsal/rehearse.js';
import type { RehearsalOptions } from '../rehearsal/settings.js';
import {
  resultsOf,
  scenarioTasks,
  splitTasks,
  type Task,
  type TaskResult,
  type TaskRun,
} from '../rehearsal/task.js';
import { RehearsalProcesses } from './rehearsal-processes.js';

/** How rehearsals are carried out; tests have other options and less time. */
export interface RehearsalsOptions {
  /** Most processes of one rehearsal. */
  processes?: number;
  /** Most rehearsals that wait for the one under way. */
  waiting?: number;
  /** The longest that one process may take, ms. */
  time_limit?: number;
}

const MOST_PROCESSES = 4;
const MOST_WAITING = 20;
/** 2,000 runs of each scenario, the most that a caller may ask for, take some minutes on one core. */
const TIME_LIMIT_MS = 600_000;
const REMEMBERED = 100;

/**
 * Rehearses in processes of its own, so that serving neither waits for it nor dies with it: as many as there are cores, and
 * four at most. One rehearsal is under way at a time; the others wait.
 */
export class Rehearsals {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  /** By plan. Plans that differ only in name share one. */
  private readonly remembered = new Map<string, Promise<Rehearsal>>();
  private readonly most_processes: number;
  private readonly processes: RehearsalProcesses;
  private readonly most_waiting: number;

  constructor(options: RehearsalsOptions = {}) {
    this.most_processes = options.processes ?? Math.min(MOST_PROCESSES, availableParallelism());
    this.most_waiting = options.waiting ?? MOST_WAITING;
    this.processes = new RehearsalProcesses(options.time_limit ?? TIME_LIMIT_MS);
  }

  /** @throws {RampartError} rate_limited if too many wait, unavailable if a process fails or takes too long */
  rehearse(launch: Launch, options: RehearsalOptions): Promise<Rehearsal> {
    const key = keyOf(launch, options);
    const known = this.remembered.get(key);
    if (known) return known;
    if (this.waiting > this.most_waiting) {
      const detail = `${this.waiting} rehearsals are under way or wait: try again in a minute`;
      return Promise.reject(failure('rate_limited', detail));
    }
    this.waiting += 1;
    const mine = this.last
      .then(() => this.carryOut(launch, options))
      .finally(() => {
        this.waiting -= 1;
      });
    this.last = mine.catch(() => this.remembered.delete(key));
    this.remembered.set(key, mine);
    if (this.remembered.size > REMEMBERED) this.remembered.delete(this.remembered.keys().next().value!);
    return mine;
  }

  private async carryOut(launch: Launch, options: RehearsalOptions): Promise<Rehearsal> {
    const results: TaskResult[] = [];
    const shared = async (tasks: readonly Task[]): Promise<void> => {
      const parts = splitTasks(tasks, this.most_processes).filter((part) => part.length > 0);
      results.push(...resultsOf(tasks, await this.inProcesses(launch, options, parts)));
    };
    await shared(scenarioTasks(launch, options));
    await shared(searchTasks(launch, options, results));
    return mergeRehearsal(launch, options, results);
  }

  /** If one process fails, the others are ended, too. */
  private async inProcesses(launch: Launch, options: RehearsalOptions, parts: Task[][]): Promise<TaskRun[]> {
    const ending = new AbortController();
    try {
      const runs = await Promise.all(
        parts.map((tasks) => this.processes.carryOut({ launch, options, tasks }, ending.signal)),
      );
      return runs.flat();
    } finally {
      ending.abort();
    }
  }
}

function keyOf(launch: Launch, options: RehearsalOptions): string {
  const { policy, metrics, control, arms, planned_units, sample_size, start_at, end_at } = launch;
  return JSON.stringify([
    options,
    {
      policy,
      metrics,
      control,
      arms,
      planned_units,
      sample_size,
      start: start_at % DAY_MS,
      length: end_at - start_at,
    },
  ]);
}

const shared = new Rehearsals();

/** Rehearses beside all other rehearsals of this process. @throws as `Rehearsals` */
export function rehearseApart(launch: Launch, options: RehearsalOptions): Promise<Rehearsal> {
  return shared.rehearse(launch, options);
}
