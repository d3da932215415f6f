import type { Schemas } from '../api/client.js';
import type { ActName, CommandName } from '../commands/offered.js';
import type { IconName } from '../ui/icon.js';
import type { Tone } from './codes.js';
import { percent } from './format.js';

interface ActWords {
  /** On the button that opens the dialog, and its title. */
  text: string;
  /** What it means, under the title. */
  says: string;
}

/** What people may ask of an experiment. */
export const ACTS: Record<ActName, ActWords> = {
  start: { text: 'Start', says: 'Its definition is frozen, and it runs itself from here on.' },
  copy: { text: 'Copy', says: 'Makes a draft of the same definition under another id.' },
  delete: { text: 'Delete', says: 'Deletes the draft. Nobody was ever in it.' },
  pause: { text: 'Pause', says: 'Traffic stays as it is, nothing advances. Guardrails still roll back.' },
  resume: { text: 'Resume', says: 'Goes on by itself, with a fresh look.' },
  advance: { text: 'Advance', says: 'Takes the next ramp step now, in place of waiting for it.' },
  ramp: {
    text: 'Change the share',
    says: 'Enrols more people, or takes back down to the end of an earlier step.',
  },
  drop: { text: 'Drop an arm', says: 'Its people get the control. The bar for the other arms stays.' },
  close: { text: 'Close enrolment', says: 'Nobody new is enrolled. Those who are stay, and decide.' },
  extend: { text: 'Move the end', says: 'Gives it more time, before its end is reached.' },
  conclude: { text: 'Conclude', says: 'You decide, not the evidence. It is recorded as yours.' },
  approve: { text: 'Approve', says: 'Lets what was decided go ahead.' },
  reject: { text: 'Reject', says: 'Refuses what was decided.' },
  stop: { text: 'Stop', says: 'Everybody gets the control within seconds. It cannot start again; copy it.' },
};

interface VerbOf {
  state: Schemas['Experiment']['state'];
  control: string;
  winner: string | null;
  variant: string;
  /** What is enrolled now, and what was asked for; NaN where nothing was. */
  from: number;
  coverage: number;
  /** What would be enrolled; null until that is known. */
  after: number | null;
}

/** The button that does it says what it does. */
export function verbOf(name: CommandName, given: VerbOf): string {
  const { state, control, winner, variant, from, coverage, after } = given;
  switch (name) {
    case 'pause':
      return 'Pause';
    case 'resume':
      return 'Resume';
    case 'advance':
      return after === null || after === from ? 'Advance' : `Advance to ${percent(after)}`;
    case 'ramp':
      if (Number.isNaN(coverage)) return 'Change the share';
      return coverage < from ? `Go back to ${percent(coverage)}` : `Enrol ${percent(coverage)}`;
    case 'drop':
      return variant === '' ? 'Drop the arm' : `Drop ${variant}`;
    case 'close':
      return 'Close enrolment';
    case 'extend':
      return 'Move the end';
    case 'conclude':
      if (variant === '') return 'Conclude';
      return variant === control ? 'End it with the control' : `Roll out ${variant}`;
    case 'approve':
      return state === 'awaiting_approval' ? `Ship ${winner ?? 'the winner'}` : 'Allow the next step';
    case 'reject':
      return state === 'awaiting_approval' ? 'Refuse, and serve control' : 'Refuse the next step';
    case 'stop':
      return 'Roll back to control';
  }
}

type EffectCode = Schemas['Preview']['effects'][number]['code'];

/** What an effect of a command is, at a glance; the API's own sentence stands beside. */
export const EFFECTS: Record<EffectCode, { text: string; icon: IconName; tone: Tone }> = {
  enrols: { text: 'Enrols', icon: 'ramping', tone: 'info' },
  withdraws: { text: 'Withdraws', icon: 'back', tone: 'hold' },
  drops: { text: 'Drops an arm', icon: 'back', tone: 'hold' },
  rolls_back: { text: 'Rolls back', icon: 'back', tone: 'harm' },
  ships: { text: 'Ships', icon: 'right', tone: 'info' },
  closes: { text: 'Closes', icon: 'lock', tone: 'plain' },
  extends: { text: 'Moves the end', icon: 'clock', tone: 'plain' },
  pauses: { text: 'Pauses', icon: 'hold', tone: 'hold' },
  resumes: { text: 'Resumes', icon: 'right', tone: 'info' },
  approves: { text: 'Agrees', icon: 'approval', tone: 'plain' },
  rejects: { text: 'Refuses', icon: 'cross', tone: 'hold' },
  accepts: { text: 'Ships unseen', icon: 'blind', tone: 'hold' },
  records: { text: 'Records', icon: 'check', tone: 'plain' },
  freezes: { text: 'Freezes', icon: 'lock', tone: 'plain' },
  serves: { text: 'Serves', icon: 'flag', tone: 'plain' },
  waits: { text: 'Waits', icon: 'hold', tone: 'hold' },
  steps: { text: 'Next step', icon: 'clock', tone: 'plain' },
  ends: { text: 'Ends', icon: 'clock', tone: 'plain' },
  warns: { text: 'Speaks against it', icon: 'warn', tone: 'hold' },
};
