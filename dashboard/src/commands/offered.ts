import type { components } from '../api/schema.js';

type Schemas = components['schemas'];
export type CommandName = Schemas['Command']['command'];
/** What people may ask of an experiment: the commands of one that was started, and what is done with definitions. */
export type ActName = CommandName | 'start' | 'copy' | 'delete';
export type Standing = Pick<Schemas['Experiment'], 'state' | 'paused' | 'holds' | 'variants'>;
type HoldCode = Standing['holds'][number]['code'];

/** `head`: beside the name. `more`: in the menu. `end`: what ends it, apart from the rest. */
export interface Offered {
  name: ActName;
  place: 'head' | 'more' | 'end';
}

/** Over these a winner ships only if somebody takes it upon themselves. */
const ABSENCES: readonly HoldCode[] = ['guardrail_blind', 'stale_data', 'no_traffic'];

/**
 * The acts that make sense where an experiment stands. One that is offered may still be refused: its preview says why, and what
 * must be done first. One that is not offered would be refused whatever is asked.
 */
export function offeredFor(experiment: Standing): Offered[] {
  const { state } = experiment;
  switch (state) {
    case 'draft':
      return [...head('start'), ...more('copy'), { name: 'delete', place: 'end' }];
    case 'rolling_back':
    case 'completed':
      return more('copy');
    case 'scheduled':
    case 'queued':
      return live(experiment, [], []);
    case 'ramping':
      return live(
        experiment,
        isAsked(experiment) ? ['approve', 'reject'] : ['advance'],
        isAsked(experiment) ? ['advance', ...CHANGES, 'close'] : [...CHANGES, 'close'],
      );
    case 'running':
      return live(experiment, [], CHANGES);
    case 'awaiting_approval':
      return live(experiment, ['approve', 'reject'], ['conclude']);
    case 'rolling_out':
    case 'watching':
      return live(experiment, [], has(experiment, ABSENCES) ? ['conclude'] : []);
  }
}

/** What changes how many are enrolled, with which arms, and until when. */
const CHANGES: readonly CommandName[] = ['ramp', 'drop', 'extend', 'conclude'];

function live(
  experiment: Standing,
  first: readonly CommandName[],
  others: readonly CommandName[],
): Offered[] {
  const isPaused = experiment.paused !== null;
  const pausing: CommandName[] = [
    ...(isPaused || has(experiment, ['recovered']) ? ['resume' as const] : []),
    ...(isPaused ? [] : ['pause' as const]),
  ];
  const arms = Object.keys(experiment.variants).length;
  return [
    ...head(...first, ...pausing),
    ...more(...others.filter((name) => name !== 'drop' || arms > 2), 'copy'),
    { name: 'stop', place: 'end' },
  ];
}

/** Whether a step of the ramp waits for a yes. */
function isAsked(experiment: Standing): boolean {
  return has(experiment, ['approval']);
}

function has({ holds }: Standing, codes: readonly HoldCode[]): boolean {
  return holds.some(({ code }) => codes.includes(code));
}

function head(...names: ActName[]): Offered[] {
  return names.map((name) => ({ name, place: 'head' }));
}

function more(...names: ActName[]): Offered[] {
  return names.map((name) => ({ name, place: 'more' }));
}
