import type { Launch } from '../model/launch.js';
import { normalQuantile } from '../stats/distributions.js';
import { liftsOfRole, settingsOf, type RehearsalOptions, type Settings } from './settings.js';
import type { Task, TaskResult, TaskRun } from './task.js';

/**
 * The lifts that are tried, in multiples of the first guess, and how often each: enough for two digits, and little more
 * work than the rehearsal itself, for most starts search.
 */
const TRIED = [0.7, 1, 1.4, 2];
const RUNS = 30;
/** A multiple of the planned effect to try where no run measured anything. */
const BLIND_GUESS = 10;

/** The search for a lift that is found often enough, if the one of the scenario `effect` is not; else none. */
export function searchTasks(
  launch: Launch,
  options: RehearsalOptions,
  results: readonly TaskResult[],
): Task[] {
  const settings = settingsOf(launch, options);
  return gridOf(launch, settings, results).map(({ lift, runs }, index) => ({
    index: FIRST_SEARCH + index,
    purpose: 'search',
    lifts: liftsOfRole(launch, 'primary', lift),
    from: 0,
    to: runs,
  }));
}

/** Tasks of scenarios have the indices below. */
const FIRST_SEARCH = 10;

/**
 * The lifts to try in search of the one that ships as often as the policy wants; none if the planned effect does already.
 * The guess is the inverse of the power calculation, (z_{1−α/(2k)} + z_power) standard errors, with the standard error
 * that the runs had when they ended: so it knows windows, units that have not matured, and CUPED. What then ships is
 * simulated, because the guess knows nothing of guardrails, novelty, minimum units and the ramp.
 */
function gridOf(
  launch: Launch,
  settings: Settings,
  results: readonly TaskResult[],
): { lift: number; runs: number }[] {
  const { policy } = launch;
  const effect = results.find(({ task }) => task.purpose === 'effect');
  if (!effect || isReached(effect.runs, policy.power)) return [];
  const guess = guessOf(launch, effect.runs) ?? BLIND_GUESS * settings.true_lift;
  const runs = Math.min(RUNS, settings.runs);
  return TRIED.map((multiple) => ({ lift: multiple * guess, runs }));
}

/** Whether the share that ships is as wanted, within two standard errors. */
export function isReached(runs: readonly TaskRun[], wanted: number): boolean {
  const rate = shipped(runs) / runs.length;
  return rate + 2 * Math.sqrt((rate * (1 - rate)) / runs.length) >= wanted;
}

function shipped(runs: readonly TaskRun[]): number {
  return runs.filter(({ outcome }) => outcome === 'shipped').length;
}

function guessOf({ policy, metrics, arms }: Launch, runs: readonly TaskRun[]): number | null {
  const errors = runs
    .flatMap(({ relative_error }) => (relative_error === null ? [] : [relative_error]))
    .sort((a, b) => a - b);
  if (errors.length === 0) return null;
  const comparisons = metrics.filter(({ role }) => role === 'primary').length * (arms.length - 1);
  const alpha = policy.alpha.final / comparisons;
  // Runs that ended early measured less well than the others do at the horizon: the better ones count.
  const error = errors[Math.floor(errors.length / 4)]!;
  return (normalQuantile(1 - alpha / 2) + normalQuantile(policy.power)) * error;
}

/**
 * The least lift that ships in the wanted share of runs, by a line through the probits of the shares that were found (as
 * the power of a normal test has), weighted by their information; null if none of the lifts that were tried ships so
 * often. Source: Finney (1971), Probit Analysis, § 4.
 */
export function findableLift(results: readonly TaskResult[], wanted: number): number | null {
  const points = results
    .filter(({ task }) => task.purpose === 'search')
    .map(({ task, runs }) => {
      const share = (shipped(runs) + 0.5) / (runs.length + 1);
      const y = normalQuantile(share);
      const density = Math.exp((-y * y) / 2) / Math.sqrt(2 * Math.PI);
      const weight = (runs.length * density * density) / (share * (1 - share));
      return { x: Math.max(...Object.values(task.lifts).map(Math.abs)), y, weight, share };
    });
  if (!points.some(({ share }) => share >= wanted)) return null;
  const weighted = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + point.weight * of(point), 0) / weight;
  const weight = points.reduce((sum, point) => sum + point.weight, 0);
  const [x, y] = [weighted((point) => point.x), weighted((point) => point.y)];
  const spread = weighted((point) => (point.x - x) ** 2);
  const slope = weighted((point) => (point.x - x) * (point.y - y)) / spread;
  const least = Math.min(...points.filter(({ share }) => share >= wanted).map((point) => point.x));
  if (!(slope > 0)) return least;
  const found = x + (normalQuantile(wanted) - y) / slope;
  return found > 0 ? found : least;
}
