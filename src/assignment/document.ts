// The body of `GET /v1/snapshot`. docs/snapshot.md says what each field means.

/** A JSON value. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
/** MongoDB-style conditions, which `condition.ts` compiles. */
export type Conditions = Readonly<Record<string, unknown>>;

/** What a flag serves. Without variant and value, the code's own default applies. */
export interface Outcome {
  variant?: string;
  value?: Value;
}

/** One outcome; or by slot, the first whose limit is greater than the unit's slot. */
export type Serve = Outcome | { split: [limit: number, outcome: Outcome][] };

export type Reason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'DEFAULT' | 'STALE';

/** From (inclusive) to until (exclusive), ms since the epoch. */
export interface Schedule {
  from?: number;
  until?: number;
}

export interface Rule {
  conditions: Conditions;
  serve: Serve;
  schedule?: Schedule;
}

export type Metadata = Readonly<Record<string, string | number | boolean>>;

export interface FlagRules {
  key: string;
  revision: number;
  metadata?: Metadata;
  off: Outcome;
  inactive?: 'DISABLED' | 'DEFAULT';
  schedule?: Schedule;
  prerequisites?: { flag: string; variants: string[] }[];
  before?: Rule[];
  experiments?: { experiment_id: string; outcomes: Record<string, Outcome> }[];
  after?: (Rule & { reason: Reason })[];
  else: Serve;
  else_reason: Reason;
}

/** Slots from (inclusive) to (exclusive). */
export type SlotsDocument = [from: number, to: number];

/** Segments of an experiment. They are its own: those of the document may have changed since it started. */
export interface ExperimentSegments {
  /** Those that its units are told to be in. */
  names: string[];
  /** Conditions of these, and of every segment that they refer to. */
  conditions: Record<string, Conditions>;
}

export interface ExperimentRules {
  experiment_id: string;
  flag: string;
  salt: string;
  control: string;
  revision: number;
  live: boolean;
  fenced?: boolean;
  inactive?: boolean;
  conditions: Conditions;
  holdouts?: [salt: string, limit: number][];
  layer?: { salt: string; slots: SlotsDocument[] };
  ranges: [from: number, to: number, variant: string][];
  /** Marks of units. */
  excluded?: string[];
  overrides?: Record<string, string>;
  configs?: Record<string, Value>;
  segments?: ExperimentSegments;
}

export interface RulesetDocument {
  format: 1;
  revision: number;
  environment: string;
  stale_after_ms: number;
  salt: string;
  segments: Record<string, Conditions>;
  flags: FlagRules[];
  experiments: ExperimentRules[];
  opted_out: string[];
}
