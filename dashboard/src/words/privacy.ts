import type { ErasedUnit, Keyring } from '../api/privacy.js';
import type { Tone } from './codes.js';

/** What an erasure removed, by what it was. */
export const REMOVED: Record<keyof ErasedUnit['removed'], string> = {
  units: 'what was remembered of the unit itself',
  experiments: 'experiments in which something was remembered',
  event_ids: 'hashes of event ids',
  waiting_events: 'events that were not counted yet',
  exclusions: 'exclusions',
  overrides: 'overrides',
  opt_outs: 'opt-outs',
};

/** What an erasure still waits for. */
export const PENDING: Record<ErasedUnit['pending'][number], string> = {
  folding: 'Events are folded, and what is remembered goes with them. That needs a worker that runs.',
  processes: 'A process still serves what it knew before. It hears of the change within seconds, or is lost.',
};

/** States of sealing keys. */
export const KEY_STATES: Record<
  Keyring['keys'][number]['state'],
  { text: string; tone: Tone; means: string }
> = {
  current: { text: 'current', tone: 'good', means: 'Everything is sealed with it.' },
  opening: { text: 'opening', tone: 'hold', means: 'Fields that it sealed are sealed anew, in small steps.' },
  retired: { text: 'retired', tone: 'plain', means: 'No stored field needs it any more.' },
};
