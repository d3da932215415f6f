import { treatmentsOf, type Plan } from './plan.js';
import type { Actor, Hold, HoldCode, State } from './state.js';

export const COMMANDS = ['pause', 'resume', 'advance', 'conclude', 'approve', 'reject', 'stop'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What a person asks of a running experiment. `variant` only for `conclude`. */
export interface Command {
  command_id: string;
  name: CommandName;
  actor: Actor;
  reason: string | null;
  variant?: string;
}

export type RefusalCode =
  | 'not_live'
  | 'not_ramping'
  | 'already_paused'
  | 'not_paused'
  | 'not_awaiting_approval'
  | 'already_concluding'
  | 'held'
  | 'paused'
  | 'fenced'
  | 'four_eyes'
  | 'unknown_variant';

/** Why a command is not taken, in words that name the remedy. */
export interface Refusal {
  code: RefusalCode;
  text: string;
  holds?: Hold[];
}

/** Holds that even a person may not ramp over: the split or a guardrail is in doubt. */
const UNSAFE: readonly HoldCode[] = [
  'srm',
  'crossover',
  'guardrail_suspect',
  'recovered',
  'fault',
  'flag_off',
];

/** The refusal of a command in this state, or null where it may be taken. Never changes anything. */
export function refusalOf(plan: Plan, state: State, command: Command): Refusal | null {
  const { phase } = state;
  if (phase.state === 'completed') return refusal('not_live', 'the experiment is over');
  if (phase.state === 'rolling_back')
    return refusal('already_concluding', 'the experiment is being rolled back');
  return RULES[command.name](plan, state, command);
}

type Rule = (plan: Plan, state: State, command: Command) => Refusal | null;

const RULES: Record<CommandName, Rule> = {
  pause: (_plan, state) => (state.paused ? refusal('already_paused', `paused by ${state.paused.by}`) : null),

  resume: (_plan, state) =>
    state.paused || state.holds.some((hold) => hold.code === 'recovered')
      ? null
      : refusal('not_paused', 'the experiment is not paused'),

  advance: (_plan, state) => {
    if (state.fences.length > 0) return refusal('fenced', 'an emergency stop is in force: release it first');
    if (state.phase.state !== 'ramping') {
      return refusal(
        'not_ramping',
        `only a ramping experiment can advance, this one is ${state.phase.state}`,
      );
    }
    if (state.paused) return refusal('paused', 'resume the experiment first');
    const unsafe = state.holds.filter((hold) => UNSAFE.includes(hold.code));
    if (unsafe.length === 0) return null;
    const names = unsafe.map((hold) => hold.code).join(', ');
    return { ...refusal('held', `held by ${names}: it can advance once that is lifted`), holds: unsafe };
  },

  conclude: (plan, state, command) => {
    const { phase } = state;
    if (phase.state === 'rolling_out' || phase.state === 'watching') {
      return refusal('already_concluding', `${phase.winner} is being rolled out: stop it to go back`);
    }
    if (phase.state === 'scheduled')
      return refusal('not_live', 'the experiment has not begun: stop it instead');
    const names = plan.arms.map((arm) => arm.variant).filter((variant) => !state.dropped.includes(variant));
    if (command.variant === undefined || !names.includes(command.variant)) {
      return refusal('unknown_variant', `variant must be one of ${names.join(', ')}`);
    }
    if (state.paused && treatmentsOf(plan).includes(command.variant)) {
      return refusal('paused', 'nothing ships while the experiment is paused: resume it first');
    }
    return null;
  },

  approve: (plan, state, { actor }) => {
    const refused = mustAwait(state);
    if (refused) return refused;
    if (state.paused)
      return refusal('paused', 'nothing ships while the experiment is paused: resume it first');
    if (plan.policy.approvals.four_eyes && actor.id === plan.owner) {
      return refusal('four_eyes', 'somebody other than the owner must approve');
    }
    return null;
  },

  reject: (_plan, state) => mustAwait(state),

  stop: () => null,
};

function mustAwait({ phase, holds }: State): Refusal | null {
  if (phase.state === 'awaiting_approval') return null;
  if (phase.state === 'ramping' && holds.some((hold) => hold.code === 'approval')) return null;
  return refusal('not_awaiting_approval', `nothing waits for approval, the experiment is ${phase.state}`);
}

function refusal(code: RefusalCode, text: string): Refusal {
  return { code, text };
}
