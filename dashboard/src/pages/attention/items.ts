import type { Schemas } from '../../api/client.js';
import type { IconName } from '../../ui/icon.js';
import { HOLDS } from '../../words/codes.js';
import { holdSentence } from '../../words/state.js';
import { count, evidence } from '../../words/format.js';
import { scopeText } from '../../words/stop.js';

type Listed = Schemas['ListedExperiment'];
type Stop = Schemas['EmergencyStop'];

/** Where a line leads: to where it is dealt with. */
export type Target =
  | { page: 'stop'; id: string }
  | { page: 'experiment'; id: string; tab: 'overview' | 'guardrails' | 'health' }
  | { page: 'system' };

/** One thing that somebody must know or do. */
export interface Line {
  key: string;
  icon: IconName;
  title: string;
  text: string;
  /** What happens, or lifts it, and when. */
  then: string;
  /** Since when; or until when, where there is a deadline. */
  at: string | null;
  isDeadline: boolean;
  to: Target;
}

export interface Section {
  name: SectionName;
  lines: Line[];
}

export type SectionName = 'stops' | 'lost' | 'approvals' | 'suspects' | 'holds' | 'pauses';

/** All that needs somebody, in the order in which it is to be dealt with; without sections that are empty. */
export function attentionOf(experiments: readonly Listed[], stops: readonly Stop[]): Section[] {
  const standing = stops.filter(({ released_at }) => released_at === undefined);
  const sections: Record<SectionName, Line[]> = {
    stops: standing.map(stopLine),
    lost: lostLines(experiments, standing),
    approvals: experiments.flatMap(approvalLines),
    suspects: experiments.flatMap((one) => holdLines(one, (code) => code === 'guardrail_suspect')),
    holds: experiments.flatMap((one) =>
      holdLines(
        one,
        (code) =>
          code !== 'guardrail_suspect' && code !== 'approval' && (code !== 'fenced' || standing.length === 0),
      ),
    ),
    pauses: experiments.flatMap(pauseLines),
  };
  sections.approvals.sort((a, b) => timeOf(a) - timeOf(b));
  for (const name of ['suspects', 'holds', 'pauses'] as const)
    sections[name].sort((a, b) => timeOf(a) - timeOf(b));
  return ORDER.filter((name) => sections[name].length > 0).map((name) => ({ name, lines: sections[name] }));
}

const ORDER: readonly SectionName[] = ['stops', 'lost', 'approvals', 'suspects', 'holds', 'pauses'];

/** How many lines there are: the number beside the section in the navigation. */
export function linesIn(sections: readonly Section[]): number {
  return sections.reduce((sum, { lines }) => sum + lines.length, 0);
}

function timeOf({ at }: Line): number {
  return at === null ? Number.MAX_SAFE_INTEGER : Date.parse(at);
}

function nameOf({ name, experiment_id }: Listed): string {
  return name ?? experiment_id;
}

function stopLine(stop: Stop): Line {
  const { emergency_stop_id, at, by, reason, complete, scope, experiments, pending } = stop;
  const whom = scope === 'all' ? scopeText(stop) : `${count(experiments)} named ${plural(experiments)}`;
  return {
    key: `stop ${emergency_stop_id}`,
    icon: 'stop',
    title: `Emergency stop of ${whom}`,
    text: `by ${by}: ${reason}`,
    then: complete
      ? 'Complete: everybody has control. It stays in force until somebody releases it.'
      : pending.length > 0
        ? `Not complete: ${count(pending.length)} ${plural(pending.length)} still to end.`
        : 'Not complete: of some process it is not known what it serves.',
    at,
    isDeadline: false,
    to: { page: 'stop', id: emergency_stop_id },
  };
}

function plural(number: number): string {
  return number === 1 ? 'experiment' : 'experiments';
}

/** Each lost process once, whoever misses it. */
function lostLines(experiments: readonly Listed[], standing: readonly Stop[]): Line[] {
  const lost = new Map<string, Line>();
  for (const { instances } of standing) {
    for (const { instance_id, live, obeys, lost_since } of instances) {
      if (live || obeys) continue;
      lost.set(instance_id, {
        ...lostLine(instance_id),
        text: 'It was lost before it obeyed an emergency stop',
        at: lost_since ?? null,
        to: { page: 'stop', id: standing[0]!.emergency_stop_id },
      });
    }
  }
  for (const experiment of experiments) {
    for (const { instance_id, until } of experiment.served.lost) {
      if (lost.has(instance_id)) continue;
      lost.set(instance_id, {
        ...lostLine(instance_id),
        text: `It was lost before it took the newest allocation of ${nameOf(experiment)}`,
        at: until,
        isDeadline: true,
        then: 'It may serve what it had. By then it serves the control by itself.',
        to: { page: 'experiment', id: experiment.experiment_id, tab: 'overview' },
      });
    }
  }
  return [...lost.values()];
}

function lostLine(instance_id: string): Line {
  return {
    key: `lost ${instance_id}`,
    icon: 'unknown',
    title: `Process ${instance_id}`,
    text: '',
    then: 'It may serve what it had, until it serves the control by itself.',
    at: null,
    isDeadline: false,
    to: { page: 'system' },
  };
}

function approvalLines(experiment: Listed): Line[] {
  const { state, winner, deadlines, holds, experiment_id } = experiment;
  const to: Target = { page: 'experiment', id: experiment_id, tab: 'overview' };
  const title = nameOf(experiment);
  const ship: Line[] =
    state === 'awaiting_approval'
      ? [
          {
            ...{ key: `ship ${experiment_id}`, icon: 'approval', title, to },
            text: `${winner} won and wants to go to everybody`,
            then: 'Somebody approves or rejects it.',
            at: deadlines['approval_at'] ?? null,
            isDeadline: true,
          },
        ]
      : [];
  const steps = holds
    .filter(({ code }) => code === 'approval')
    .map(({ since, lifts_when }): Line => ({
      ...{ key: `step ${experiment_id}`, icon: 'approval', title, to },
      text: HOLDS.approval.sentence,
      then: `Goes on when ${lifts_when}.`,
      at: since,
      isDeadline: false,
    }));
  return [...ship, ...steps];
}

/** Where a hold is understood, and what it rests on is shown. */
const TABS: Partial<Record<Listed['holds'][number]['code'], 'guardrails' | 'health'>> = {
  guardrail_suspect: 'guardrails',
  guardrail_blind: 'guardrails',
  anomaly: 'health',
  srm: 'health',
  crossover: 'health',
  stale_data: 'health',
  no_traffic: 'health',
};

function holdLines(experiment: Listed, isWanted: (code: Listed['holds'][number]['code']) => boolean): Line[] {
  const { experiment_id, holds } = experiment;
  return holds
    .filter(({ code }) => isWanted(code))
    .map((hold) => ({ ...hold, sentence: holdSentence(hold) }))
    .map(({ code, since, lifts_when, sentence }) => ({
      key: `${code} ${experiment_id}`,
      icon: code === 'guardrail_blind' ? 'blind' : code === 'guardrail_suspect' ? 'warn' : 'hold',
      title: nameOf(experiment),
      text: sentence,
      then: `${distance(experiment, code)}Lifts when ${lifts_when}.`,
      at: since,
      isDeadline: false,
      to: { page: 'experiment', id: experiment_id, tab: TABS[code] ?? 'overview' },
    }));
}

/** How near a suspect is to its roll-back. */
function distance({ summary }: Listed, code: string): string {
  const guardrail = summary?.guardrail;
  if (code !== 'guardrail_suspect' || !guardrail || guardrail.log_e_harm === null) return '';
  const { metric_id, segment, log_e_harm, threshold } = guardrail;
  const name = segment === undefined ? metric_id : `${metric_id} in ${segment}`;
  return `${name} is at ${evidence(log_e_harm)} of ${count(Math.ceil(threshold))} to a roll-back. `;
}

function pauseLines(experiment: Listed): Line[] {
  const { paused, experiment_id } = experiment;
  if (paused === null) return [];
  return [
    {
      key: `pause ${experiment_id}`,
      icon: 'hold',
      title: nameOf(experiment),
      text: `Paused by ${paused.by}${paused.reason === null ? '' : `: ${paused.reason}`}`,
      then: 'Traffic stays as it is until somebody resumes it. Guardrails still roll back.',
      at: paused.at,
      isDeadline: false,
      to: { page: 'experiment', id: experiment_id, tab: 'overview' },
    },
  ];
}
