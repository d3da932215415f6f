import type { components } from '../api/schema.js';
import { count } from './format.js';

export type StopReport = components['schemas']['EmergencyStop'];

/** A stop obeyed by serving until somebody releases it. */
export function isInForce({ released_at }: StopReport): boolean {
  return released_at === undefined;
}

/** What is missing, as a finding: `api-3 unknown, checkout_v2 pending`; empty where nothing is. */
export function missingIn({ pending, unknown, instances }: StopReport): string {
  const late = instances.filter(({ obeys, live }) => live && !obeys).map(({ instance_id }) => instance_id);
  return [
    unknown.length > 0 &&
      `${some(
        unknown.map(({ instance_id }) => instance_id),
        'processes',
      )} unknown`,
    late.length > 0 && `${some(late, 'processes')} not yet obeying`,
    pending.length > 0 && `${some(pending, 'experiments')} pending`,
  ]
    .filter((part) => part !== false)
    .join(', ');
}

/** Two are named, more are counted. */
function some(names: readonly string[], noun: string): string {
  return names.length <= 2 ? names.join(' and ') : `${count(names.length)} ${noun}`;
}

/** Where a stop stands, as a word. */
export function stopStanding(report: StopReport): 'released' | 'complete' | 'not complete' {
  if (!isInForce(report)) return 'released';
  return report.complete ? 'complete' : 'not complete';
}

/** What a stop reaches. */
export function scopeText({ scope, environments }: Pick<StopReport, 'scope' | 'environments'>): string {
  if (scope === 'all')
    return environments ? `all experiments of ${some(environments, 'environments')}` : 'all experiments';
  return scope.length === 0 ? 'no experiment' : some(scope, 'experiments');
}

/** What an action of a stop does. */
export const STOP_ACTIONS = {
  release: 'Lifts the fence. Starts nothing again.',
  force: (ids: readonly string[]) =>
    `Ends ${some(ids, 'experiments')} without their workflows; says nothing of lost processes.`,
};

/** The line that makes the same stop from a shell. */
export function shellLine(ids: readonly string[] | null, reason: string): string {
  // Within single quotes a shell takes everything as it is.
  const text = /^[\w .,-]*$/.test(reason) ? `"${reason}"` : `'${reason.replaceAll("'", "'\\''")}'`;
  return `rampart emergency-stop ${ids === null ? '--all' : ids.join(' ')} --reason ${text} --wait`;
}

/** `4:12`, `1:04:12` */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? [hours, ...parts].join(':') : parts.join(':').replace(/^0/, '');
}
