import type { Launch } from '../model/launch.js';
import type { Outcome, TimelineRecord } from '../lifecycle/state.js';
import { Random } from './random.js';
import { run } from './run.js';
import { liftsOf, settingsOf, type RehearsalOptions, type Scenario } from './settings.js';

/**
 * Runs of one truth. Each run has a seed of its own, made from the task and its number, so it does not matter which
 * process carries it out, or how the runs are divided.
 */
export interface Task {
  /** Of all tasks of the rehearsal. */
  index: number;
  purpose: Scenario | 'search';
  /** Relative change of each metric that is changed. */
  lifts: Record<string, number>;
  /** Numbers of the runs: `from` up to, but without, `to`. */
  from: number;
  to: number;
}

/** What is kept of a run. */
export interface TaskRun {
  task: number;
  n: number;
  outcome: Outcome;
  days: number;
  units: number;
  /** Standard error of the relative lift of the best measured primary when it was last looked at; null without one. */
  relative_error: number | null;
  /** Of the first run of each part of a task with this outcome. */
  timeline?: TimelineRecord[];
}

/** A task and all its runs, in the order of their numbers. */
export interface TaskResult {
  task: Task;
  runs: TaskRun[];
}

/** The scenarios that were asked for. */
export function scenarioTasks(launch: Launch, options: RehearsalOptions): Task[] {
  const settings = settingsOf(launch, options);
  return settings.scenarios.map((scenario, index) => ({
    index,
    purpose: scenario,
    lifts: liftsOf(scenario, launch, settings),
    from: 0,
    to: settings.runs,
  }));
}

/** Divides tasks among so many workers, about evenly. Every run is in exactly one part. */
export function splitTasks(tasks: readonly Task[], parts: number): Task[][] {
  return Array.from({ length: parts }, (_, part) =>
    tasks
      .map((task) => {
        const runs = task.to - task.from;
        const at = (share: number): number => task.from + Math.floor((runs * share) / parts);
        return { ...task, from: at(part), to: at(part + 1) };
      })
      .filter((task) => task.to > task.from),
  );
}

/**
 * Divides tasks into small parts, so that every task grows evenly while they are carried out one after another: a part has at
 * most `size` runs, and all tasks have their first parts before any has its second.
 */
export function batchTasks(tasks: readonly Task[], size: number): Task[] {
  const most = Math.max(0, ...tasks.map(({ from, to }) => Math.ceil((to - from) / size)));
  return Array.from({ length: most }, (_, round) =>
    tasks
      .map((task) => {
        const from = task.from + round * size;
        return { ...task, from, to: Math.min(task.to, from + size) };
      })
      .filter(({ from, to }) => to > from),
  ).flat();
}

/** Carries out a part of a rehearsal. */
export function rehearsePart(launch: Launch, options: RehearsalOptions, tasks: readonly Task[]): TaskRun[] {
  const settings = settingsOf(launch, options);
  return tasks.flatMap((task) => {
    const { units_per_day, baselines, returns, seed } = settings;
    const simulation = { launch, units_per_day, baselines, returns, lifts: task.lifts };
    const shown = new Set<Outcome>();
    return Array.from({ length: task.to - task.from }, (_, offset): TaskRun => {
      const n = task.from + offset;
      const {
        timeline,
        decisions: _decisions,
        ...result
      } = run(simulation, new Random(seed * 1_000_003 + task.index * 500_009 + n));
      const isFirst = !shown.has(result.outcome);
      shown.add(result.outcome);
      return { task: task.index, n, ...result, ...(isFirst && { timeline }) };
    });
  });
}

/** Puts the runs of all parts together: the same whatever the number of parts was. */
export function resultsOf(tasks: readonly Task[], runs: readonly TaskRun[]): TaskResult[] {
  return tasks.map((task) => ({
    task,
    runs: runs.filter((one) => one.task === task.index).sort((a, b) => a.n - b.n),
  }));
}
