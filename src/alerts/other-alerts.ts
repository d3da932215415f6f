import { ALERT_RULES, type Alert, type AlertKind, type AlertSubject } from '../model/alert.js';

/** What alerts that are of no experiment are made of. */
interface Told {
  kind: AlertKind;
  subject: AlertSubject;
  /** Tells it from the others of its subject, so that it is told once. */
  key: string;
  at: number;
  order: number;
  environments: readonly string[] | null;
  tags?: readonly string[];
  owner?: string | null;
  title: string;
  text?: string;
  problem?: string;
  path: string;
  details?: Alert['details'];
}

function alertOf({ key, text = '', tags = [], owner = null, details = {}, problem, ...told }: Told): Alert {
  const { kind, subject } = told;
  const { severity, closes } = ALERT_RULES[kind];
  const name = `${subject.type}:${subject.id}`;
  return {
    ...told,
    alert_id: `${name}:${key}:${kind}`,
    severity,
    tags,
    owner,
    text,
    problem: problem === undefined ? null : `${name}:${problem}`,
    closes: closes !== undefined,
    details,
  };
}

/** An emergency stop, as its alerts need it. */
export interface AlertedStop {
  emergency_stop_id: string;
  by: string;
  reason: string;
  scope: 'all' | readonly string[];
  environments: readonly string[] | null;
  experiments: number;
}

/** What is still open of a stop. */
export interface OpenOfStop {
  pending: readonly string[];
  unknown: readonly string[];
}

/** The moments of a stop that people hear of. */
export const STOP_MOMENTS = ['set', 'incomplete', 'complete', 'released'] as const;
export type StopMoment = (typeof STOP_MOMENTS)[number];

const OF_STOP: Record<StopMoment, { kind: AlertKind; problem: string }> = {
  set: { kind: 'emergency_stop', problem: 'stop' },
  incomplete: { kind: 'emergency_stop_incomplete', problem: 'incomplete' },
  complete: { kind: 'emergency_stop_complete', problem: 'incomplete' },
  released: { kind: 'emergency_stop_released', problem: 'stop' },
};

/** At most so many names stand in a sentence. */
const NAMED = 10;

/** @param at when it came to that, ms since the epoch */
export function stopAlert(stop: AlertedStop, moment: StopMoment, at: number, open: OpenOfStop): Alert {
  const { emergency_stop_id: id, by, reason, scope, environments, experiments } = stop;
  const what = scope === 'all' ? 'everything' : some(scope);
  const words: Record<StopMoment, { title: string; text: string }> = {
    set: {
      title: `Emergency stop by ${by}: ${what}`,
      text: `${experiments} live experiments were met. Reason: ${reason}`,
    },
    incomplete: {
      title: `The emergency stop of ${what} is NOT complete`,
      text: [
        open.pending.length > 0 ? `Not rolled back yet: ${some(open.pending)}.` : '',
        open.unknown.length > 0 ? `Nobody knows what these processes serve: ${some(open.unknown)}.` : '',
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
    },
    complete: {
      title: `The emergency stop of ${what} is complete`,
      text: 'Every experiment that it met is rolled back or held, and every process obeys.',
    },
    released: { title: `The emergency stop of ${what} was released`, text: 'It starts nothing again.' },
  };
  return alertOf({
    ...OF_STOP[moment],
    ...words[moment],
    subject: { type: 'emergency_stop', id },
    key: moment,
    at,
    order: STOP_MOMENTS.indexOf(moment),
    environments,
    path: `/operations/stops/${encodeURIComponent(id)}`,
    details: { by, reason, experiments, pending: open.pending.length, unknown: open.unknown.length },
  });
}

/** @param serves_control_at from when it serves the control by itself, ISO 8601 */
export function processAlert(
  instance_id: string,
  isLost: boolean,
  at: number,
  serves_control_at: string | null,
): Alert {
  return alertOf({
    kind: isLost ? 'process_lost' : 'process_back',
    subject: { type: 'process', id: instance_id },
    key: String(at),
    at,
    order: at,
    environments: null,
    title: isLost ? `The process ${instance_id} is lost` : `The process ${instance_id} is no longer lost`,
    text: isLost
      ? 'Nothing is heard of it. If it still runs, it serves what it had' +
        (serves_control_at === null ? '.' : ` until ${serves_control_at}, then the control by itself.`)
      : 'It is heard of again, or it has ended and is forgotten.',
    problem: 'lost',
    path: '/operations/system',
    details: { serves_control_at },
  });
}

/** A flag, as its alerts need it. */
export interface AlertedFlag {
  flag_id: string;
  environments: readonly string[] | null;
  tags: readonly string[];
  owner: string | null;
}

/** @param remedy what to do about it; null where it is not stale any more */
export function flagAlert({ flag_id, ...of }: AlertedFlag, remedy: string | null, at: number): Alert {
  return alertOf({
    kind: remedy === null ? 'flag_not_stale' : 'flag_stale',
    subject: { type: 'flag', id: flag_id },
    key: String(at),
    at,
    order: at,
    ...of,
    title: remedy === null ? `The flag ${flag_id} is no longer stale` : `The flag ${flag_id} is stale`,
    text: remedy === null ? '' : `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`,
    problem: 'stale',
    path: `/flags/${encodeURIComponent(flag_id)}/overview`,
  });
}

/** What the test of a webhook sends. */
export function testAlert(webhook_id: string, key: string, at: number): Alert {
  return {
    alert_id: `webhook:${webhook_id}:${key}`,
    kind: 'test',
    severity: 'info',
    at,
    subject: { type: 'webhook', id: webhook_id },
    order: at,
    environments: null,
    tags: [],
    owner: null,
    title: `This is a test of the webhook ${webhook_id}`,
    text: 'Nothing has happened. Alerts will look like this one.',
    problem: null,
    closes: false,
    path: '/operations/webhooks',
    details: {},
  };
}

function some(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
