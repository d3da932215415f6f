import type { Schemas } from '../api/client.js';
import type { IconName } from '../ui/icon.js';
import { HOLDS, OUTCOMES, STATES, type Tone } from './codes.js';
import { percent } from './format.js';

type Experiment = Pick<
  Schemas['Experiment'],
  'state' | 'outcome' | 'step' | 'holds' | 'paused' | 'coverage' | 'winner'
>;

/** The one word for where an experiment stands: what somebody must know first. */
export function standing({ state, outcome, step, holds, paused }: Experiment): {
  text: string;
  icon: IconName;
  tone: Tone;
} {
  if (state === 'completed') {
    const { text, icon, tone } = OUTCOMES[outcome!];
    return { text, icon, tone };
  }
  if (paused !== null) return { text: 'Paused', icon: 'hold', tone: 'hold' };
  const [hold] = holds;
  if (hold && state !== 'awaiting_approval')
    return { text: `Held: ${HOLDS[hold.code].text}`, icon: 'hold', tone: 'hold' };
  const word = STATES[state];
  const where = state === 'ramping' && step ? `, step ${step.index + 1} of ${step.of}` : '';
  return { ...word, text: `${word.text}${where}` };
}

/** What is so now, as a sentence. */
export function standingSentence({ state, outcome, step, coverage, winner }: Experiment): string {
  switch (state) {
    case 'draft':
      return 'Not started';
    case 'scheduled':
      return 'Waits for its start date';
    case 'queued':
      return 'Waits for slots of its layer';
    case 'ramping':
      return `${percent(coverage)} enrolled, step ${(step?.index ?? 0) + 1} of ${step?.of ?? 1}`;
    case 'running':
      return `${percent(coverage)} enrolled, nobody more`;
    case 'awaiting_approval':
      return `${winner} won; somebody must agree`;
    case 'rolling_out':
      return `${winner} goes to more people, ${percent(coverage)} now`;
    case 'watching':
      return `${winner} for all but the holdback, and watched`;
    case 'rolling_back':
      return 'Everybody gets the control';
    case 'completed':
      return OUTCOMES[outcome!].sentence;
  }
}

/**
 * What a hold says, with its detail. What a guardrail lacks changes with every look, and the detail is from the first of
 * them: it is left to the page of the guardrails.
 */
export function holdSentence({ code, detail }: Schemas['Experiment']['holds'][number]): string {
  const { sentence } = HOLDS[code];
  return detail === undefined || code === 'guardrail_blind' ? sentence : `${sentence}: ${detail}`;
}
