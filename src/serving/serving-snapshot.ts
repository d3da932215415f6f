import type { Ruleset } from '../assignment/ruleset.js';
import type { StoredKey } from '../model/key.js';
import type { KeptProperty } from '../model/property.js';
import type { StoredPerson } from '../model/person.js';
import type { ServedExperiment } from '../model/serving.js';

/** Everything that a process serves, at one revision. Immutable: a change makes another one. */
export interface ServingSnapshot {
  revision: number;
  ruleset: Ruleset;
  /** For ingest, which needs more than the ruleset has. */
  experiments: ReadonlyMap<string, ServedExperiment>;
  /** Types of events that a built-in metric or a live experiment counts. Ingest accepts others and drops them. */
  eventTypes: ReadonlySet<string>;
  /** The greatest absolute value that every live experiment can count, by type of event; types without a limit are absent. */
  valueLimits: ReadonlyMap<string, number>;
  /** The properties of events that some metric names, defined or in a live experiment: nothing else of them is kept. */
  properties: readonly KeptProperty[];
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, StoredKey>;
  /** People who have signed in by an identity provider, by id. */
  people: ReadonlyMap<string, StoredPerson>;
}
