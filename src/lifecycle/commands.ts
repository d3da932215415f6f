import { bandsWithin, enrolled } from './allocation.js';
import { frozenUntil } from './frozen.js';
import { iso } from '../iso.js';
import { endOf, treatmentsOf, type Plan } from './plan.js';
import { ABSENCES, absencesOf, doubtsOf } from './doubts.js';
import type { Actor, Hold, HoldCode, State } from './state.js';

export const COMMANDS = [
  'pause',
  'resume',
  'advance',
  'ramp',
  'drop',
  'close',
  'extend',
  'conclude',
  'approve',
  'reject',
  'stop',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What a person asks of an experiment. */
export interface Command {
  command_id: string;
  name: CommandName;
  actor: Actor;
  reason: string | null;
  /** Of `conclude` and `drop`. */
  variant?: string;
  /** Of `ramp`: per cent of the eligible units. */
  coverage?: number;
  /** Of `extend`: the new end, ms since the epoch. */
  end_at?: number;
}

export type RefusalCode =
  | 'not_live'
  | 'not_ramping'
  | 'already_paused'
  | 'not_paused'
  | 'not_awaiting_approval'
  | 'already_concluding'
  | 'not_running'
  | 'no_change'
  | 'out_of_range'
  | 'past_horizon'
  | 'frozen'
  | 'held'
  | 'paused'
  | 'fenced'
  | 'four_eyes'
  | 'unknown_variant';

/** Why a command is refused, in words that name the remedy. */
export interface Refusal {
  code: RefusalCode;
  text: string;
  holds?: Hold[];
}

/** Why a command is refused in this state; null where it may be carried out. Changes nothing. */
export function refusalOf(plan: Plan, state: State, command: Command, now: number): Refusal | null {
  const { phase } = state;
  if (phase.state === 'completed') return refusal('not_live', 'the experiment is over');
  if (phase.state === 'rolling_back')
    return refusal('already_concluding', 'the experiment is being rolled back');
  return RULES[command.name](plan, state, command, now);
}

/** Whether a command has been carried out and is only being sent again. */
export function wasAnswered({ answered }: State, { command_id }: Command): boolean {
  return answered.some((earlier) => earlier.command_id === command_id);
}

type Rule = (plan: Plan, state: State, command: Command, now: number) => Refusal | null;

const RULES: Record<CommandName, Rule> = {
  pause: (_plan, state) => (state.paused ? refusal('already_paused', `paused by ${state.paused.by}`) : null),

  resume: (_plan, state) =>
    state.paused || state.holds.some((hold) => hold.code === 'recovered')
      ? null
      : refusal('not_paused', 'the experiment is not paused'),

  advance: (plan, state, { actor }, now) =>
    state.phase.state === 'ramping'
      ? (mayEnrol(state, now) ?? (passesApproval(state) ? fourEyes(plan, actor) : null))
      : (fenced(state) ??
        refusal('not_ramping', `only a ramping experiment can advance; this one is ${state.phase.state}`)),

  ramp: (plan, state, { coverage = 0, actor }, now) => {
    const refused = mustRun(state);
    if (refused) return refused;
    const present = enrolled(state.bands);
    if (coverage === present) return refusal('no_change', `the coverage is already ${present} %`);
    if (coverage < present) {
      if (bandsWithin(state.bands, coverage).length > 0) return null;
      const first = enrolled(state.bands.slice(0, 1));
      return refusal(
        'out_of_range',
        `coverage cannot go below ${first} %, the first step: stop the experiment instead`,
      );
    }
    const most = 100 - enrolled(state.withdrawn);
    if (coverage > most) {
      return refusal(
        'out_of_range',
        `coverage can be at most ${most} %: withdrawn units cannot be enrolled again`,
      );
    }
    return mayEnrol(state, now) ?? (passesApproval(state) ? fourEyes(plan, actor) : null);
  },

  drop: (plan, state, { variant }) => {
    const refused = mustRun(state);
    if (refused) return refused;
    const names = treatmentsOf(plan).filter((name) => !state.dropped.includes(name));
    if (variant === undefined || !names.includes(variant)) {
      return refusal('unknown_variant', `variant must be one of ${names.join(', ')}`);
    }
    return names.length === 1
      ? refusal('out_of_range', `${variant} is the last treatment: stop the experiment or conclude it`)
      : null;
  },

  close: (_plan, state) =>
    state.phase.state === 'running' ? refusal('no_change', 'enrolment is already over') : mustRun(state),

  extend: (plan, state, { end_at = 0 }, now) => {
    const refused = mustRun(state);
    if (refused) return refused;
    const end = endOf(plan, state);
    if (now >= end || state.sample_complete_at !== null) {
      return refusal('past_horizon', 'the experiment has reached its end and is being decided');
    }
    const latest = plan.start_at + plan.policy.max_duration;
    if (end_at > end && end_at <= latest) return null;
    return refusal('out_of_range', `end_date must be after ${iso(end)} and not after ${iso(latest)}`);
  },

  conclude: (plan, state, command, now) => {
    const { phase } = state;
    if (phase.state === 'rolling_out' || phase.state === 'watching') {
      // Said again while something is missing, it means: ship without that.
      if (command.variant === phase.winner && acceptedBy(plan, state, command).length > 0) {
        return mayShip(state, now);
      }
      return refusal(
        'already_concluding',
        `${phase.winner} is already being rolled out: stop the experiment to go back`,
      );
    }
    if (phase.state === 'scheduled' || phase.state === 'queued')
      return refusal('not_live', 'the experiment has not begun: stop it instead');
    const names = plan.arms.map((arm) => arm.variant).filter((variant) => !state.dropped.includes(variant));
    if (command.variant === undefined || !names.includes(command.variant)) {
      return refusal('unknown_variant', `variant must be one of ${names.join(', ')}`);
    }
    if (!treatmentsOf(plan).includes(command.variant)) return null;
    // To conclude with a treatment is to approve it before anybody is asked.
    return mayShip(state, now) ?? fourEyes(plan, command.actor);
  },

  approve: (plan, state, { actor }, now) => {
    const { phase, dropped } = state;
    const isShip = phase.state === 'awaiting_approval';
    const refused = mustAwaitApproval(state) ?? (isShip ? mayShip(state, now) : mayEnrol(state, now));
    if (refused) return refused;
    if (isShip && dropped.includes(phase.winner)) {
      return refusal('unknown_variant', `${phase.winner} was dropped: stop the experiment`);
    }
    return fourEyes(plan, actor);
  },

  reject: (_plan, state) => mustAwaitApproval(state),

  stop: () => null,
};

/**
 * What has not been seen and is accepted by somebody who ships all the same, as codes of holds; empty for other commands.
 * What was accepted before is not accepted again.
 */
export function acceptedBy(plan: Plan, state: State, { name, variant }: Command): HoldCode[] {
  const { phase, accepted } = state;
  const ships =
    name === 'conclude'
      ? variant !== plan.control
      : name === 'approve' && phase.state === 'awaiting_approval';
  if (!ships) return [];
  // Before the first look nothing at all has been seen.
  const absent = state.running_p === null ? ABSENCES : absencesOf(state).map(({ code }) => code);
  return absent.filter((code) => !accepted.includes(code));
}

/** Whoever made the experiment what it is does not agree with it in place of somebody else. */
function fourEyes({ policy, owner, authors = [] }: Plan, { id }: Actor): Refusal | null {
  if (!policy.approvals.four_eyes || (id !== owner && !authors.includes(id))) return null;
  return refusal(
    'four_eyes',
    'the policy wants a second person: somebody must do this who has neither created, changed, started nor owns the experiment',
  );
}

/** Whether somebody enrols more units although a person was asked first, and has not agreed. */
function passesApproval({ holds }: State): boolean {
  return holds.some(({ code }) => code === 'approval' || code === 'rejected');
}

function mustRun({ phase }: State): Refusal | null {
  if (phase.state === 'ramping' || phase.state === 'running') return null;
  return refusal('not_running', `the experiment must be ramping or running; it is ${phase.state}`);
}

function fenced({ fences }: State): Refusal | null {
  return fences.length > 0 ? refusal('fenced', 'an emergency stop is in force: release it first') : null;
}

function frozen({ freezes }: State, now: number): Refusal | null {
  const until = frozenUntil(freezes, now);
  return until === null
    ? null
    : refusal('frozen', `a freeze window lasts until ${iso(until)}: nothing advances or ships before then`);
}

/** Whether more units may be enrolled now. */
function mayEnrol(state: State, now: number): Refusal | null {
  const refused = fenced(state) ?? frozen(state, now);
  if (refused) return refused;
  if (state.paused) return refusal('paused', 'resume the experiment first');
  return heldBy(doubtsOf(state), 'it can advance');
}

/** Whether a treatment may ship now, if a person wants that: they may accept what has not been seen, not what is wrong. */
function mayShip(state: State, now: number): Refusal | null {
  if (state.paused) return refusal('paused', 'nothing ships while the experiment is paused: resume it first');
  return fenced(state) ?? frozen(state, now) ?? heldBy(doubtsOf(state), 'it can ship');
}

function heldBy(holds: Hold[], what: string): Refusal | null {
  if (holds.length === 0) return null;
  const names = holds.map((hold) => hold.code).join(', ');
  return { ...refusal('held', `held by ${names}: ${what} once this is lifted`), holds };
}

function mustAwaitApproval({ phase, holds }: State): Refusal | null {
  if (phase.state === 'awaiting_approval') return null;
  if (phase.state === 'ramping' && holds.some((hold) => hold.code === 'approval')) return null;
  return refusal(
    'not_awaiting_approval',
    `nothing is waiting for approval; the experiment is ${phase.state}`,
  );
}

function refusal(code: RefusalCode, text: string): Refusal {
  return { code, text };
}
