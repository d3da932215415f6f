import type { TimelineRecord } from '../lifecycle/state.js';
import { ALERT_RULES, type Alert, type AlertKind } from '../model/alert.js';
import { holdAlert } from './holds.js';

/** An experiment, as its alerts need it. */
export interface AlertedExperiment {
  experiment_id: string;
  name: string;
  environment: string | undefined;
  tags: readonly string[];
  owner: string | null;
  /** How long an approval is waited for, ms, and what follows; null before the start. */
  approval: { timeout: number; then: 'hold' | 'ship' | 'control' } | null;
}

export type TimelineEntry = Omit<TimelineRecord, 'n'> & { seq: number };

/** What of a line is said, before it is told who it is about. */
interface Said {
  kind: AlertKind;
  severity?: Alert['severity'];
  title: string;
  text?: string;
  /** What it opens or closes, within its experiment. */
  problem?: string;
  tab?: string;
  details?: Alert['details'];
}

/** Several alerts of one line are told one after the other. */
const PLACES = 10;

/** What people may want to hear of a line of an experiment's timeline; nothing of most. */
export function alertsOfLine(experiment: AlertedExperiment, line: TimelineEntry): Alert[] {
  return saidOf(experiment, line).map((said, index) => alertOf(experiment, line, said, index));
}

function alertOf(experiment: AlertedExperiment, line: TimelineEntry, said: Said, index: number): Alert {
  const { experiment_id, name, environment, tags, owner } = experiment;
  const { kind, severity = ALERT_RULES[kind].severity, title, text = '', problem, tab = 'overview' } = said;
  const { seq, at, revision, actor } = line;
  return {
    alert_id: `experiment:${experiment_id}:${seq}:${kind}`,
    kind,
    severity,
    at,
    subject: { type: 'experiment', id: experiment_id },
    order: seq * PLACES + index,
    environments: environment === undefined ? null : [environment],
    tags,
    owner,
    title: `${name}: ${title}`,
    text,
    problem: problem === undefined ? null : `experiment:${experiment_id}:${problem}`,
    closes: ALERT_RULES[kind].closes !== undefined,
    path: `/experiments/${encodeURIComponent(experiment_id)}/${tab}`,
    details: { seq, revision, by: actor.type === 'engine' ? 'engine' : actor.id, ...said.details },
  };
}

function saidOf(experiment: AlertedExperiment, line: TimelineEntry): Said[] {
  switch (line.kind) {
    case 'started':
      return [{ kind: 'started', title: 'started', ...why(line) }];
    case 'ramped':
      return [ramped(line)];
    case 'state_changed':
      return stateChanged(experiment, line);
    case 'held':
      return [held(experiment, line)];
    case 'lifted':
      return [lifted(line)];
    case 'decided':
      return [decided(line)];
    case 'command':
      return [commanded(line)];
    case 'flag_changed':
      return [
        {
          kind: 'flag_changed',
          title: `its flag ${datum(line, 'flag_id') ?? ''} was changed`.replace('  ', ' '),
          tab: 'timeline',
          details: { flag_revision: amount(line, 'flag_revision') },
        },
      ];
    case 'note':
      return [noted(line)];
    // Emergency stops are told once each, not once for each experiment; what is published is no news.
    case 'created':
    case 'allocation_published':
    case 'fenced':
    case 'released':
      return [];
  }
}

function ramped(line: TimelineEntry): Said {
  const [coverage, winner] = [amount(line, 'coverage'), datum(line, 'winner')];
  const share = coverage === null ? 'another share' : `${coverage} %`;
  const title = winner === null ? `${share} enrolled` : `${winner} goes to ${share}`;
  return { kind: 'ramped', title, ...why(line), details: { coverage, winner } };
}

function stateChanged(experiment: AlertedExperiment, line: TimelineEntry): Said[] {
  const { from = null, to = null } = line;
  const outcome = datum(line, 'outcome');
  const details = { from, to, outcome };
  const said: Said[] = [];
  if (from === 'awaiting_approval')
    said.push({
      kind: 'approval_answered',
      title: 'nobody is asked any more whether the winner ships',
      problem: 'approval:ship',
      details,
    });
  if (from === 'rolling_back')
    said.push({ kind: 'control_served', title: 'the control is served again', problem: 'harm', details });
  if (to === 'awaiting_approval') said.push(approvalWanted(experiment, line, 'ship'));
  const text = why(line);
  if (to === 'completed')
    said.push({
      kind: 'ended',
      title: `ended: ${outcomeWords(outcome)}`,
      ...text,
      tab: 'decisions',
      details,
    });
  else
    said.push({ kind: 'state_changed', title: `${stateWords(from)} → ${stateWords(to)}`, ...text, details });
  return said;
}

/** The deadline is that of the policy, from the moment at which somebody was asked. */
function approvalWanted({ approval }: AlertedExperiment, { at }: TimelineEntry, what: 'ship' | 'step'): Said {
  const deadline = approval && new Date(at + approval.timeout).toISOString();
  const then = approval && AFTERWARDS[approval.then];
  const asked =
    what === 'ship' ? 'an arm won; somebody must agree that it ships' : 'the next step waits for a yes';
  return {
    kind: 'approval_wanted',
    title: deadline === null ? asked : `${asked}, by ${deadline}`,
    text: then === null ? '' : `If nobody answers until then, ${then}.`,
    problem: `approval:${what}`,
    details: { deadline, what },
  };
}

const AFTERWARDS = {
  hold: 'it goes on waiting',
  ship: 'it goes on by itself once nothing is in doubt',
  control: 'it is rolled back',
};

function held(experiment: AlertedExperiment, line: TimelineEntry): Said {
  const code = datum(line, 'code') ?? 'held';
  if (code === 'approval') return approvalWanted(experiment, line, 'step');
  const { severity, says } = holdAlert(code);
  const lifts_when = datum(line, 'lifts_when');
  const detail = line.reason !== undefined && line.reason !== code ? `${capital(line.reason)}. ` : '';
  return {
    kind: 'held',
    severity,
    title: `held, ${says}`,
    text: `${detail}${lifts_when === null ? '' : `It lifts when ${lifts_when}.`}`.trim(),
    problem: `hold:${code}`,
    tab: 'health',
    details: { code, lifts_when },
  };
}

function lifted(line: TimelineEntry): Said {
  const code = datum(line, 'code') ?? 'held';
  if (code === 'approval')
    return {
      kind: 'approval_answered',
      title: 'the step no longer waits for a yes',
      problem: 'approval:step',
    };
  const { severity, says } = holdAlert(code);
  return {
    kind: 'lifted',
    severity,
    title: `no longer held (${says})`,
    problem: `hold:${code}`,
    tab: 'health',
    details: { code },
  };
}

function decided(line: TimelineEntry): Said {
  const [decision, row] = [datum(line, 'decision') ?? 'continue', datum(line, 'row')];
  const details = { n: amount(line, 'n'), row: row ?? amount(line, 'row'), decision };
  const text = why(line);
  if (decision === 'roll_back')
    return {
      kind: 'harm_proven',
      title: 'harm is proven, and it is rolled back',
      ...text,
      problem: 'harm',
      tab: 'decisions',
      details,
    };
  return {
    kind: 'decided',
    title: `decided: ${decisionWords(decision)}`,
    ...text,
    tab: 'decisions',
    details,
  };
}

function commanded(line: TimelineEntry): Said {
  const command = datum(line, 'command');
  const { actor } = line;
  return {
    kind: 'command',
    title: `${actor.id} gave the command ${command ?? ''}`.trim(),
    ...why(line),
    tab: 'timeline',
    details: { command, variant: datum(line, 'variant'), coverage: amount(line, 'coverage') },
  };
}

/** A hold that lasts is noted again and again, with its code; all other notes are notes. */
function noted(line: TimelineEntry): Said {
  const code = datum(line, 'code');
  const lifts_when = datum(line, 'lifts_when');
  const isWaiting = line.reason?.includes('still waits for approval') ?? false;
  if (lifts_when === null && !isWaiting)
    return { kind: 'note', title: line.reason ?? code ?? 'noted', tab: 'timeline', details: { code } };
  return {
    kind: 'still_held',
    title: line.reason ?? 'still held',
    text: lifts_when === null ? '' : `It lifts when ${lifts_when}.`,
    tab: 'health',
    details: { code, lifts_when },
  };
}

const STATE_WORDS: Readonly<Record<string, string>> = {
  draft: 'not started',
  scheduled: 'scheduled',
  queued: 'waiting for its slots',
  ramping: 'ramping',
  running: 'running',
  awaiting_approval: 'waiting for a yes',
  rolling_out: 'rolling out',
  watching: 'watched',
  rolling_back: 'rolling back',
  completed: 'completed',
};

function stateWords(state: string | null): string {
  return (state !== null && STATE_WORDS[state]) || 'nothing';
}

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  shipped: 'the winner is for the whole audience',
  rolled_back: 'it did harm; all have the control',
  no_effect: 'no effect as large as planned for',
  inconclusive: 'the data could not decide',
  stopped: 'a person stopped it',
};

function outcomeWords(outcome: string | null): string {
  return (outcome !== null && OUTCOME_WORDS[outcome]) || 'it is over';
}

const DECISION_WORDS: Readonly<Record<string, string>> = {
  continue: 'not decidable yet',
  hold: 'held',
  advance: 'on to the next step',
  winner: 'an arm is better',
  no_effect: 'no effect',
  inconclusive: 'the data could not decide',
  stop: 'stopped by a person',
};

function decisionWords(decision: string): string {
  return DECISION_WORDS[decision] ?? decision;
}

function why({ reason }: TimelineEntry): { text?: string } {
  return reason === undefined ? {} : { text: capital(reason) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function datum({ data }: TimelineEntry, key: string): string | null {
  const value = data?.[key];
  return typeof value === 'string' ? value : null;
}

function amount({ data }: TimelineEntry, key: string): number | null {
  const value = data?.[key];
  return typeof value === 'number' ? value : null;
}
