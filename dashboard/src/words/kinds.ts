import type { Kind } from '../pages/experiments/search.js';
import type { IconName } from '../ui/icon.js';
import type { Tone } from './codes.js';

/** The filters of the list of experiments, as their chips say them. */
export const KIND_WORDS: Record<Kind, { text: string; icon: IconName | null; tone: Tone }> = {
  approval: { text: 'Approval', icon: 'approval', tone: 'hold' },
  held: { text: 'Held', icon: 'hold', tone: 'hold' },
  rolling_back: { text: 'Rolling back', icon: 'back', tone: 'harm' },
  ramping: { text: 'Ramping', icon: 'ramping', tone: 'info' },
  running: { text: 'Running', icon: 'running', tone: 'info' },
  rolling_out: { text: 'Rolling out', icon: null, tone: 'plain' },
  watching: { text: 'Watching', icon: null, tone: 'plain' },
  queued: { text: 'Queued', icon: null, tone: 'plain' },
  scheduled: { text: 'Scheduled', icon: null, tone: 'plain' },
  draft: { text: 'Drafts', icon: null, tone: 'plain' },
  ended: { text: 'Ended', icon: null, tone: 'plain' },
};
