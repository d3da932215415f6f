import type { SlotInterval, SlotRange } from '../model/serving.js';
import type { Band } from './allocation.js';
import type { FreezeWindow } from '../calendar/freeze-windows.js';
import type { RowId } from './decisions/rows.js';
import type { Look, RunningP } from './look.js';

export type Outcome = 'shipped' | 'rolled_back' | 'no_effect' | 'inconclusive' | 'stopped';

/** Where an experiment stands. Times in ms since the epoch. */
export type Phase =
  | { state: 'scheduled' }
  | { state: 'queued' }
  | { state: 'ramping'; step: number; dwell: Dwell; answer?: 'approved' | 'rejected' }
  | { state: 'running' }
  | { state: 'awaiting_approval'; winner: string; deadline: number }
  | { state: 'rolling_out'; winner: string; step: number; dwell: Dwell }
  | { state: 'watching'; winner: string; until: number }
  | { state: 'rolling_back'; outcome: Exclude<Outcome, 'shipped'> }
  | { state: 'completed'; outcome: Outcome; winner?: string };

/** Every state of an experiment, in the order of its life. */
export const EXPERIMENT_STATES = [
  'draft',
  'scheduled',
  'queued',
  'ramping',
  'running',
  'awaiting_approval',
  'rolling_out',
  'watching',
  'rolling_back',
  'completed',
] as const satisfies readonly (Phase['state'] | 'draft')[];
export type ExperimentState = (typeof EXPERIMENT_STATES)[number];

/** Whether traffic flows: from the first enrolment to the end of rollback or watch. */
export function isServing({ state }: { state: ExperimentState }): boolean {
  return !['draft', 'scheduled', 'queued', 'rolling_back', 'completed'].includes(state);
}

/** A clock that is stopped (`since` is null) while nothing may advance; `left` ms remained at `since`. */
export interface Dwell {
  left: number;
  since: number | null;
}

export const HOLD_CODES = [
  'no_traffic',
  'stale_data',
  'anomaly',
  'srm',
  'crossover',
  'guardrail_suspect',
  'guardrail_blind',
  'approval',
  'rejected',
  'freeze_window',
  'fenced',
  'flag_off',
  'recovered',
  'fault',
] as const;
export type HoldCode = (typeof HOLD_CODES)[number];

/** Why nothing advances, although traffic stays as it is, and what would lift the hold. */
export interface Hold {
  code: HoldCode;
  since: number;
  lifts_when: string;
  detail?: string;
  /** When people were last reminded of it, ms since the epoch. */
  reminded?: number;
}

export interface Pause {
  by: string;
  at: number;
  reason: string | null;
}

/** A number that a row of the decision table looked at, and what it was compared with. */
export interface UsedEvidence {
  /** Where it is in the evidence: `sequence.p_value`, `guardrail.log_e_harm`, `units`, … */
  quantity: string;
  metric_id?: string;
  variant?: string;
  /** The segment whose units it is of; absent for all units. */
  segment?: string;
  value: number | null;
  threshold: number;
}

export interface Reason {
  code: string;
  text: string;
  evidence?: UsedEvidence[];
}

export type DecisionKind =
  'advance' | 'continue' | 'hold' | 'roll_back' | 'winner' | 'no_effect' | 'inconclusive' | 'stop';

/** What was decided, and by which row of the table; with a `variant` where the decision names one. */
export interface Decision {
  row: RowId;
  decision: DecisionKind;
  reasons: Reason[];
  variant?: string;
}

/** A process that could not be asked whether it obeys; from `until` on its snapshot is too old and it serves the control. */
export interface LostInstance {
  instance_id: string;
  until: number;
}

/** Everything the workflow knows. It is carried over by continue-as-new and stored as the checkpoint. */
export interface State {
  /** Counts changes that others can see: the guard of the stored document. */
  version: number;
  /** Counts allocations; `published_revision` is the newest one that the store has confirmed. */
  revision: number;
  published_revision: number;
  epoch: number;
  phase: Phase;
  /** What is enrolled, and what no longer is: slots that were withdrawn are never enrolled again. */
  bands: Band[];
  withdrawn: Band[];
  ranges: SlotRange[];
  dropped: string[];
  paused: Pause | null;
  holds: Hold[];
  /** Holds for want of data over which a person shipped all the same: from then on they keep the winner from nothing. */
  accepted: HoldCode[];
  /** Emergency stops in force, where the experiment has not begun. */
  fences: string[];
  /** Its slots of its layer, once it has its lease. */
  lease: SlotInterval[] | null;
  /** The coming freeze windows, as far ahead as the last look computed them. */
  freezes: FreezeWindow[];
  /** A later end than the planned one, where a person extended the experiment; ms since the epoch. */
  extended_to: number | null;
  /** When the next look is due, ms since the epoch; until the experiment begins, the moment before which it may not. */
  next_poll_at: number;
  /** The running p-values as of the last look, and the epoch it was taken in. */
  running_p: { epoch: number; p: RunningP } | null;
  /** When the planned sample was found to be complete, ms since the epoch. */
  sample_complete_at: number | null;
  /** The one look that the fixed test at the horizon is taken on. */
  final_look: Look | null;
  last_decision: Decision | null;
  decisions: number;
  records: number;
  lost: LostInstance[];
  /** The last commands, oldest first, and the version that each was answered with. */
  answered: { command_id: string; version: number }[];
}

/** The state of an experiment that has been started and has not begun. */
export function initialState(freezes: FreezeWindow[] = []): State {
  return {
    version: 0,
    revision: 0,
    published_revision: 0,
    epoch: 0,
    phase: { state: 'scheduled' },
    bands: [],
    withdrawn: [],
    ranges: [],
    dropped: [],
    paused: null,
    holds: [],
    accepted: [],
    fences: [],
    lease: null,
    freezes,
    extended_to: null,
    next_poll_at: 0,
    running_p: null,
    sample_complete_at: null,
    final_look: null,
    last_decision: null,
    decisions: 0,
    records: 0,
    lost: [],
    answered: [],
  };
}

export type TimelineKind =
  | 'created'
  | 'started'
  | 'flag_changed'
  | 'state_changed'
  | 'ramped'
  | 'held'
  | 'lifted'
  | 'decided'
  | 'command'
  | 'allocation_published'
  | 'fenced'
  | 'released'
  | 'note';

export interface Actor {
  type: 'engine' | 'person' | 'system';
  id: string;
}

/** One line of the timeline. `n` counts the lines of the workflow, so that writing one twice changes nothing. */
export interface TimelineRecord {
  n: number;
  at: number;
  kind: TimelineKind;
  actor: Actor;
  revision: number;
  reason?: string;
  from?: string;
  to?: string;
  data?: Record<string, unknown>;
}

/** The part of the state that a decision rested on: with the look, enough to take the decision again. */
export type Circumstances = Pick<
  State,
  'phase' | 'revision' | 'epoch' | 'dropped' | 'paused' | 'holds' | 'extended_to' | 'sample_complete_at'
> & {
  /** The look that the fixed test was taken on. */
  final_snapshot_id: string | null;
};

/** A decision for the record: written where row, decision or variant differ from the one before. */
export interface DecisionRecord extends Decision {
  n: number;
  at: number;
  /** Both null where a person decided, by the row `stop`. */
  snapshot_id: string | null;
  circumstances: Circumstances | null;
}
