import type { Schemas } from '../api/client.js';
import type { IconName } from '../ui/icon.js';
import type { Tone } from './codes.js';
import type { Flag, FlagKind } from './flag-kind.js';

export { kindOf, type Flag, type FlagKind } from './flag-kind.js';
export type Step = Schemas['Explanation']['steps'][number];

export const FLAG_KINDS: Record<FlagKind, { text: string; sentence: string }> = {
  boolean: { text: 'Boolean', sentence: 'On or off, for a share of units' },
  multivariate: { text: 'Multivariate', sentence: 'One of several variants, by weights' },
  config: { text: 'Config', sentence: 'A value, with others for segments' },
};

export function onOff({ enabled }: Pick<Flag, 'enabled'>): { text: string; icon: IconName; tone: Tone } {
  return enabled
    ? { text: 'On', icon: 'check', tone: 'plain' }
    : { text: 'Off', icon: 'cross', tone: 'plain' };
}

export const STALE_REASONS: Record<StaleReason, { text: string; sentence: string }> = {
  shipped: { text: 'Shipped', sentence: 'Its experiment is over, and the winner is for all' },
  off: { text: 'Off for long', sentence: 'Nobody has got it for a long time' },
  constant: { text: 'Same for all', sentence: 'Everybody has got the same for a long time' },
};
export type StaleReason = 'shipped' | 'off' | 'constant';

interface CheckWords {
  /** What the check is about. */
  name: string;
  passed: string;
  failed: string;
}

const goes = (name: string, failed: string): CheckWords => ({ name, passed: 'passed', failed });

/** What each check of an evaluation is called, and how it can end. */
export const CHECKS: Record<Step['check'], CheckWords> = {
  enabled: goes('On or off', 'off'),
  environment: goes('Environment', 'elsewhere'),
  schedule: goes('Schedule', 'not now'),
  prerequisite: goes('Other flag', 'not met'),
  rule: { name: 'Rule', passed: 'matched', failed: 'did not match' },
  targeting_key: goes('Who it is', 'missing'),
  running: goes('Running', 'not running'),
  fence: goes('Emergency stop', 'stopped'),
  fresh: goes('Freshness', 'too old'),
  opt_out: goes('Opted out', 'opted out'),
  exclusion: goes('Excluded', 'excluded'),
  override: goes('Override', 'overridden'),
  experiment_environment: goes('Environment', 'elsewhere'),
  audience: goes('Audience', 'not in it'),
  holdout: goes('Holdout', 'held out'),
  layer: goes('Layer', 'not its slot'),
  slot: goes('Slot', 'not enrolled'),
  winner: { name: 'Winner', passed: 'matched', failed: 'did not match' },
  target_segments: goes('Target segments', 'not for it'),
  segment: { name: 'Segment', passed: 'matched', failed: 'did not match' },
  otherwise: goes('Everybody else', 'not reached'),
};

/** Which part of the flag, or of an experiment, a check is about: `Rule 2`, `Experiment hybrid_reco`. */
export function stepName({ check, path }: Pick<Step, 'check' | 'path'>): string {
  const [head, id] = path.split('.');
  if (head === 'rules') return `Rule ${Number(id) + 1}`;
  if (head === 'experiments' && id !== undefined && check !== 'winner') return `Experiment ${id}`;
  return CHECKS[check].name;
}
