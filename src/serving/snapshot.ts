import type { CompiledExperiment } from '../assignment/experiment.js';
import type { CompiledFlag } from '../assignment/flag.js';
import type { Json } from '../model/json.js';
import type { StoredKey } from '../model/key.js';

/** An experiment as a process serves it: compiled, with what its answers carry. */
export interface ServedEntry {
  compiled: CompiledExperiment;
  configs: ReadonlyMap<string, Json | null>;
  revision: number;
  epoch: number;
  started_at: number;
}

/** All that a process serves at one revision. Immutable: a change makes another one. */
export interface Snapshot {
  revision: number;
  flags: ReadonlyMap<string, CompiledFlag>;
  experiments: ReadonlyMap<string, ServedEntry>;
  /** Types of events that a built-in metric or a live experiment counts: others are accepted and not kept. */
  eventTypes: ReadonlySet<string>;
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, StoredKey>;
}
