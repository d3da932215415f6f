import type { Ruleset } from '../assignment/ruleset.js';
import type { StoredKey } from '../model/key.js';
import type { ServedExperiment } from '../model/serving.js';

/** All that a process serves at one revision. Immutable: a change makes another one. */
export interface Snapshot {
  revision: number;
  ruleset: Ruleset;
  /** What ingest needs to know of the experiments besides. */
  experiments: ReadonlyMap<string, ServedExperiment>;
  /** Types of events that a built-in metric or a live experiment counts: others are accepted and not kept. */
  eventTypes: ReadonlySet<string>;
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, StoredKey>;
}
