import { enrolled, slotsOf } from './allocation.js';
import { refusalOf, type Command, type Refusal } from './commands.js';
import { unitsOf } from './decisions/reading.js';
import type { Look } from './look.js';
import { treatmentsOf, type Plan } from './plan.js';
import type { State } from './state.js';
import { step } from './step.js';
import { viewOf, type View } from './view.js';

export type EffectCode =
  | 'enrols'
  | 'withdraws'
  | 'drops'
  | 'rolls_back'
  | 'ships'
  | 'closes'
  | 'extends'
  | 'pauses'
  | 'resumes'
  | 'approves'
  | 'rejects'
  | 'accepts'
  | 'records'
  | 'freezes'
  | 'serves'
  | 'waits'
  | 'steps'
  | 'ends'
  | 'warns';

/** One thing that a command or a start would do; `warns` is what speaks against it. */
export interface Effect {
  code: EffectCode;
  text: string;
  /** How many of the units that were counted so far it is about; null where it is no matter of units. */
  units: number | null;
  /** Nothing brings it back. */
  irreversible: boolean;
}

/** What a command would do if it were given now. */
export interface Preview {
  allowed: boolean;
  refusal: Refusal | null;
  before: View;
  after: View;
  effects: Effect[];
}

/**
 * Carries a command out on a copy of the state, by the code that will do it in earnest.
 *
 * @param look the newest one, which says how many units are concerned; null before the first
 * @param now ms since the epoch
 */
export function previewOf(
  plan: Plan,
  state: State,
  command: Command,
  look: Look | null,
  now: number,
): Preview {
  const before = viewOf(plan, state);
  const refusal = refusalOf(plan, state, command, now);
  if (refusal) return { allowed: false, refusal, before, after: before, effects: [] };
  const { state: after } = step(plan, state, { kind: 'command', command }, now);
  return {
    allowed: true,
    refusal: null,
    before,
    after: viewOf(plan, after),
    effects: effectsOf({ plan, before: state, after, look, command }),
  };
}

interface Comparison {
  plan: Plan;
  before: State;
  after: State;
  look: Look | null;
  command: Command;
}

function effectsOf(comparison: Comparison): Effect[] {
  const found = [
    ...ending(comparison),
    ...enrolment(comparison),
    ...pausing(comparison),
    ...answers(comparison),
  ];
  return found.length > 0 ? found : [effect('records', 'it is recorded, and nothing else changes')];
}

/** The end of an experiment, or of one of its arms. */
function ending({ plan, before, after, look }: Comparison): Effect[] {
  const { phase } = after;
  const isOver = phase.state === 'rolling_back' || phase.state === 'completed';
  if (isOver) {
    const units = treatmentsOf(plan).reduce((sum, variant) => sum + counted(look, variant), 0);
    const text = 'everybody gets the control within seconds; it cannot start again, copy it';
    return [effect('rolls_back', text, units, true)];
  }
  const dropped = after.dropped.filter((variant) => !before.dropped.includes(variant));
  const drops = dropped.map((variant) =>
    effect(
      'drops',
      `everybody who has ${variant} gets the control; it cannot come back`,
      counted(look, variant),
      true,
    ),
  );
  const ships =
    phase.state === 'rolling_out' && before.phase.state !== 'rolling_out'
      ? [effect('ships', `${phase.winner} goes to more people, up to all but the holdback`, null, true)]
      : [];
  return [...drops, ...ships];
}

function enrolment({ plan, before, after, look }: Comparison): Effect[] {
  if (after.phase.state !== 'ramping' && after.phase.state !== 'running') return [];
  const [then, now] = [enrolled(before.bands), enrolled(after.bands)];
  const effects: Effect[] = [];
  if (now > then) effects.push(effect('enrols', `${now} % of people are enrolled in place of ${then} %`));
  if (now < then) {
    const most = 100 - enrolled(after.withdrawn);
    const text = `${then - now} % of people get the control again and leave the analysis; at most ${most} % can be enrolled from now on`;
    effects.push(effect('withdraws', text, withdrawnUnits(plan, before, after, look), true));
  }
  if (now === then && before.phase.state === 'ramping' && after.phase.state === 'running')
    effects.push(effect('closes', 'nobody new is enrolled; those who are decide', null, true));
  if (after.extended_to !== before.extended_to)
    effects.push(effect('extends', `it ends at ${new Date(after.extended_to!).toISOString()} at the latest`));
  return effects;
}

/** The counted units whose slots are no longer enrolled, as far as slots have equally many. */
function withdrawnUnits(plan: Plan, before: State, after: State, look: Look | null): number {
  const [then, now] = [slotsOf(before.ranges), slotsOf(after.ranges)];
  const units = plan.arms.map(({ variant }) => {
    const slots = then[variant] ?? 0;
    return slots === 0 ? 0 : (counted(look, variant) * (slots - (now[variant] ?? 0))) / slots;
  });
  return Math.round(units.reduce((sum, n) => sum + n, 0));
}

function pausing({ before, after }: Comparison): Effect[] {
  if (after.paused && !before.paused)
    return [effect('pauses', 'traffic stays as it is, nothing advances; guardrails still roll back')];
  const isRebuilt = before.holds.some(({ code }) => code === 'recovered');
  if (
    (before.paused && !after.paused) ||
    (isRebuilt && !after.holds.some(({ code }) => code === 'recovered'))
  )
    return [effect('resumes', 'it goes on by itself, with a fresh look')];
  return [];
}

/** What people answered: a step or a winner, and what they ship without having seen it. */
function answers({ before, after, command }: Comparison): Effect[] {
  const accepted = after.accepted.filter((code) => !before.accepted.includes(code));
  const effects =
    accepted.length === 0
      ? []
      : [
          effect(
            'accepts',
            `it ships although something has not been seen: ${accepted.join(', ')}; recorded as yours`,
          ),
        ];
  if (before.phase.state !== 'ramping' || after.phase.state !== 'ramping') return effects;
  if (command.name === 'approve')
    effects.push(effect('approves', 'the next step may be taken at the next look'));
  if (command.name === 'reject')
    effects.push(
      effect('rejects', 'the ramp stays where it is until somebody advances, concludes or stops it'),
    );
  return effects;
}

function counted(look: Look | null, variant: string): number {
  return look === null ? 0 : unitsOf(look, variant);
}

/** An effect, which is about no units and can be undone unless something else is said. */
export function effect(
  code: EffectCode,
  text: string,
  units: number | null = null,
  irreversible = false,
): Effect {
  return { code, text, units, irreversible };
}
