import type { Schemas } from '../api/client.js';
import type { IconName } from '../ui/icon.js';

// Every code of the API that people meet, as words. The types make a code without words an error.

export type ExperimentState = Schemas['Experiment']['state'];
export type Outcome = NonNullable<Schemas['Experiment']['outcome']>;
export type HoldCode = Schemas['Experiment']['holds'][number]['code'];
export type DecisionKind = Schemas['Decision']['decision'];
export type Tone = 'info' | 'hold' | 'harm' | 'good' | 'plain';

interface Word {
  text: string;
  icon: IconName;
  tone: Tone;
}

export const STATES: Record<Exclude<ExperimentState, 'completed'>, Word> = {
  draft: { text: 'Draft', icon: 'wait', tone: 'plain' },
  scheduled: { text: 'Scheduled', icon: 'clock', tone: 'plain' },
  queued: { text: 'Queued', icon: 'queue', tone: 'plain' },
  ramping: { text: 'Ramping', icon: 'ramping', tone: 'info' },
  running: { text: 'Running', icon: 'running', tone: 'info' },
  awaiting_approval: { text: 'Awaiting approval', icon: 'approval', tone: 'hold' },
  rolling_out: { text: 'Rolling out', icon: 'right', tone: 'info' },
  watching: { text: 'Watching', icon: 'watch', tone: 'info' },
  rolling_back: { text: 'Rolling back', icon: 'back', tone: 'harm' },
};

export const OUTCOMES: Record<Outcome, Word & { sentence: string }> = {
  shipped: { text: 'Shipped', icon: 'check', tone: 'good', sentence: 'The winner is for the whole audience' },
  rolled_back: { text: 'Rolled back', icon: 'back', tone: 'harm', sentence: 'It did harm; all have control' },
  no_effect: { text: 'No effect', icon: 'none', tone: 'plain', sentence: 'No effect large enough to matter' },
  inconclusive: {
    text: 'Inconclusive',
    icon: 'unknown',
    tone: 'plain',
    sentence: 'The data could not decide; all have control',
  },
  stopped: {
    text: 'Stopped',
    icon: 'stop',
    tone: 'plain',
    sentence: 'A person stopped it; all have control',
  },
};

/** What a hold says at a glance, and as a sentence. */
export const HOLDS: Record<HoldCode, { text: string; sentence: string }> = {
  no_traffic: { text: 'no traffic', sentence: 'Nobody was exposed yet' },
  stale_data: { text: 'no fresh events', sentence: 'No fresh events arrive' },
  anomaly: { text: 'not as usual', sentence: 'Something is not as usual' },
  srm: { text: 'arms lack their shares', sentence: 'Arms lack their shares: something loses people' },
  crossover: { text: 'crossed over', sentence: 'Too many people saw two arms' },
  guardrail_suspect: {
    text: 'suspect',
    sentence: 'A guardrail looks worse, which is not proven; this lifts or rolls back by itself',
  },
  guardrail_blind: { text: 'blind', sentence: 'A guardrail cannot be seen yet' },
  approval: { text: 'waits for a yes', sentence: 'This step waits for a yes' },
  rejected: { text: 'somebody said no', sentence: 'Somebody said no to this step' },
  freeze_window: { text: 'frozen', sentence: 'A freeze window is open' },
  fenced: { text: 'emergency stop', sentence: 'An emergency stop is in force' },
  flag_off: { text: 'flag is off', sentence: 'The flag is off' },
  recovered: { text: 'rebuilt', sentence: 'Rebuilt after a loss: look at it, then resume' },
  fault: { text: 'look failed', sentence: 'The last look failed' },
};

export const DECISIONS: Record<DecisionKind, Word> = {
  continue: { text: 'Not decidable yet', icon: 'wait', tone: 'plain' },
  hold: { text: 'Held', icon: 'hold', tone: 'hold' },
  advance: { text: 'On to the next step', icon: 'ramping', tone: 'info' },
  roll_back: { text: 'Harm is proven', icon: 'back', tone: 'harm' },
  winner: { text: 'Better', icon: 'check', tone: 'good' },
  no_effect: { text: 'No effect', icon: 'none', tone: 'plain' },
  inconclusive: { text: 'Could not decide', icon: 'unknown', tone: 'plain' },
  stop: { text: 'Stopped by a person', icon: 'stop', tone: 'plain' },
};
