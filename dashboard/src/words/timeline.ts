import type { Schemas } from '../api/client.js';
import type { IconName } from '../ui/icon.js';
import {
  DECISIONS,
  HOLDS,
  OUTCOMES,
  STATES,
  type DecisionKind,
  type HoldCode,
  type Outcome,
  type Tone,
} from './codes.js';
import { percent } from './format.js';

export type TimelineLine = Schemas['TimelineLine'];
export type TimelineKind = TimelineLine['kind'];

interface KindWords {
  /** As a filter says it. */
  text: string;
  icon: IconName;
  /** What happened, as a head; the reason stands beside it. */
  says(line: TimelineLine): string;
}

/** What a line's data have under a name, where it is a text or a number. */
function datum({ data }: TimelineLine, name: string): string | null {
  const value = data?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

export const TIMELINE: Record<TimelineKind, KindWords> = {
  created: { text: 'Created', icon: 'wait', says: () => 'The draft was made' },
  started: { text: 'Started', icon: 'flask', says: () => 'It was started' },
  flag_changed: {
    text: 'Flag',
    icon: 'flag',
    says: (line) => `Flag ${datum(line, 'flag_id') ?? ''} has revision ${datum(line, 'flag_revision') ?? ''}`,
  },
  state_changed: { text: 'States', icon: 'right', says: stateSentence },
  ramped: { text: 'Shares', icon: 'ramping', says: shareSentence },
  held: {
    text: 'Held',
    icon: 'hold',
    says: (line) => `Held: ${holdText(datum(line, 'code'))}`,
  },
  lifted: {
    text: 'Lifted',
    icon: 'check',
    says: (line) => `No longer held: ${holdText(datum(line, 'code'))}`,
  },
  decided: {
    text: 'Decisions',
    icon: 'part',
    says: (line) => {
      const kind = datum(line, 'decision');
      const words = kind !== null && kind in DECISIONS ? DECISIONS[kind as DecisionKind].text : 'Decided';
      return `${words}, row ${datum(line, 'row') ?? ''}`;
    },
  },
  command: { text: 'People', icon: 'person', says: commandSentence },
  allocation_published: {
    text: 'Served',
    icon: 'server',
    says: ({ revision }) => `Every process was told of revision ${revision}`,
  },
  fenced: { text: 'Stopped', icon: 'stop', says: () => 'An emergency stop came into force' },
  released: { text: 'Released', icon: 'check', says: () => 'The emergency stop was released' },
  note: { text: 'Notes', icon: 'bell', says: (line) => NOTES[datum(line, 'code') ?? ''] ?? 'Noted' },
};

/** Notes that have a code of their own; the sentence stands beside. */
const NOTES: Record<string, string> = {
  lift_after_watch: 'The lift, measured again',
  guardrail_unseen: 'A guardrail without events',
  cap_unknown: 'A cap is not known',
  not_rehearsed: 'Not rehearsed',
  uncompared_rollout: 'The roll-out compares nothing',
  traffic_assumed: 'Rehearsed: the traffic was assumed',
  baseline_assumed: 'Rehearsed: a baseline was assumed',
  standard_deviation_assumed: 'Rehearsed: a spread was assumed',
  underpowered: 'Rehearsed: it may not find what is planned',
  no_lift: 'Rehearsed: no lift to find',
};

function holdText(code: string | null): string {
  return code !== null && code in HOLDS ? HOLDS[code as HoldCode].text : (code ?? '');
}

function stateSentence(line: TimelineLine): string {
  const { from, to } = line;
  const outcome = datum(line, 'outcome');
  if (to === 'completed')
    return outcome !== null && outcome in OUTCOMES
      ? `It ended: ${OUTCOMES[outcome as Outcome].text}`
      : 'It ended';
  return `${stateText(from)} → ${stateText(to)}`;
}

function stateText(state: string | undefined): string {
  return state !== undefined && state in STATES
    ? STATES[state as keyof typeof STATES].text
    : state === 'completed'
      ? 'Completed'
      : 'Nothing';
}

function shareSentence(line: TimelineLine): string {
  const [coverage, winner] = [datum(line, 'coverage'), datum(line, 'winner')];
  const share = coverage === null ? 'more' : percent(Number(coverage));
  return winner === null ? `${share} enrolled` : `${winner} goes to ${share}`;
}

/** What somebody asked for. */
export const COMMANDS_GIVEN: Record<string, string> = {
  pause: 'Paused it',
  resume: 'Resumed it',
  advance: 'Took the next step',
  ramp: 'Changed the share',
  drop: 'Dropped',
  close: 'Closed enrolment',
  extend: 'Moved the end',
  conclude: 'Concluded',
  approve: 'Said yes',
  reject: 'Said no',
  stop: 'Stopped it',
  exclusions: 'Excluded units',
};

function commandSentence(line: TimelineLine): string {
  const said = COMMANDS_GIVEN[datum(line, 'command') ?? ''] ?? 'Gave a command';
  const coverage = datum(line, 'coverage');
  const more = [datum(line, 'variant'), coverage === null ? null : percent(Number(coverage))].filter(
    (part) => part !== null,
  );
  return more.length === 0 ? said : `${said}: ${more.join(', ')}`;
}

/** Of a line: what it means beside its words, never by colour alone. */
export function lineTone({ kind, data }: TimelineLine): Tone {
  if (kind === 'held' || kind === 'fenced') return 'hold';
  const outcome = data?.['outcome'];
  if (kind === 'state_changed' && typeof outcome === 'string' && outcome in OUTCOMES)
    return OUTCOMES[outcome as Outcome].tone;
  const decision = data?.['decision'];
  if (kind === 'decided' && typeof decision === 'string' && decision in DECISIONS)
    return DECISIONS[decision as DecisionKind].tone;
  return 'plain';
}

/** Who did it: the engine, a person by the name of their key, or the system. */
export function actorText({ type, id, name }: TimelineLine['actor']): string {
  if (type === 'engine') return 'by itself';
  return name ?? id;
}
