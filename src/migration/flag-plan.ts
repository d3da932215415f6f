import type { Json } from '../model/json.js';
import type { Conditions } from './build-conditions.js';
import type { FlagMetadata } from './tags-and-metadata.js';

/** A variant by its name; null is the default value that the calling code passes. */
export type ServedVariant = string | null;

/** The share of units that get each variant; the shares add up to 1. */
export type Shares = Map<ServedVariant, number>;

/** One variant for everybody, or a split. */
export type Serve = ServedVariant | Shares;

/** From (inclusive) to until (exclusive), ISO 8601 in UTC. */
export interface PlannedSchedule {
  from?: string;
  until?: string;
}

export interface PlannedVariant {
  name: string;
  path: string;
  /** Undefined where the name is the value. */
  value?: Json | undefined;
  description?: string | undefined;
}

export interface PlannedRule {
  path: string;
  conditions: Conditions;
  serve: Serve;
  schedule?: PlannedSchedule | undefined;
  description?: string | undefined;
}

/** Another flag that must serve one of the variants; `path` is where their document says so. */
export interface PlannedPrerequisite {
  key: string;
  variants: string[];
  path: string;
}

/** What describes a flag and does not decide what it serves. */
export interface FlagDescription {
  description?: string | undefined;
  environments?: string[] | undefined;
  tags?: string[] | undefined;
  owner?: string | undefined;
  metadata?: FlagMetadata | undefined;
}

/**
 * A flag in the form that all systems share: its variants, rules for some units, and what everybody else gets. Every
 * importer makes such plans; keys and names of variants are still those of the other system. The first rule whose
 * conditions hold decides.
 */
export interface FlagPlan extends FlagDescription {
  key: string;
  flag_id: string;
  path: string;
  enabled: boolean;
  variants: PlannedVariant[];
  /** Served while the flag is disabled or its prerequisites are not met. */
  off: ServedVariant;
  prerequisites: PlannedPrerequisite[];
  rules: PlannedRule[];
  otherwise: Serve;
  otherwisePath: string;
}
