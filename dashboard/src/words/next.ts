import type { Schemas } from '../api/client.js';
import { shortTime } from './times.js';

type Experiment = Schemas['Experiment'];

/** What must happen next, in two short lines. */
export interface NextWords {
  head: string;
  sub: string;
}

/** What an experiment waits for, by its state and its deadlines. */
export function nextWords(experiment: Experiment, now: number): NextWords {
  const { state, holds, paused, deadlines, step, winner, served, layer_id } = experiment;
  if (state === 'completed') return afterwards(experiment);
  if (paused !== null) return { head: 'Somebody resumes it', sub: 'guardrails still roll back' };
  if (holds.some(({ code }) => code === 'approval'))
    return { head: 'Somebody agrees', sub: 'to the next step' };
  const [hold] = holds;
  if (hold && state !== 'awaiting_approval') return { head: capital(hold.lifts_when), sub: 'lifts the hold' };
  const at = (name: string): string | null => {
    const moment = deadlines[name];
    return moment === undefined ? null : shortTime(Date.parse(moment), now);
  };
  const isPast = (name: string): boolean => Date.parse(deadlines[name] ?? '') < now;
  switch (state) {
    case 'draft':
      return { head: 'Somebody starts it', sub: '' };
    case 'scheduled':
      return { head: `Starts ${at('start_at') ?? 'soon'}`, sub: '' };
    case 'queued':
      return { head: 'Slots become free', sub: layer_id === undefined ? '' : `of layer ${layer_id}` };
    case 'ramping': {
      const goal = step && step.index + 1 < step.of ? `Step ${step.index + 2}` : 'All enrolled';
      if (at('step_at') === null || isPast('step_at'))
        return { head: goal, sub: 'once its conditions are met' };
      return { head: `${goal} at ${at('step_at')}`, sub: 'if nothing holds' };
    }
    case 'running':
      return { head: `Horizon ${at('horizon_at') ?? '–'}`, sub: 'decided then at the latest' };
    case 'awaiting_approval':
      return { head: 'Somebody agrees', sub: at('approval_at') === null ? '' : `by ${at('approval_at')}` };
    case 'rolling_out':
      return { head: `More people ${at('step_at') ?? 'soon'}`, sub: `get ${winner}` };
    case 'watching':
      return { head: `Everyone ${at('watch_until') ?? 'soon'}`, sub: 'when the watch ends' };
    case 'rolling_back':
      return {
        head: 'All processes serve control',
        sub: `${served.at_revision} of ${served.live} do`,
      };
  }
}

function afterwards({ outcome, winner, flag_id }: Experiment): NextWords {
  switch (outcome) {
    case 'shipped':
      return { head: `Keep ${winner} in the code`, sub: `then delete flag ${flag_id}` };
    case 'rolled_back':
    case 'stopped':
      return { head: 'Copy to try again', sub: '' };
    case 'inconclusive':
      return { head: 'Copy with more time', sub: '' };
    case 'no_effect':
    case null:
      return { head: '–', sub: '' };
  }
}

function capital(text: string): string {
  return text === '' ? text : `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
