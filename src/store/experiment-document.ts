import type { LiftReport } from '../lifecycle/lift-report.js';
import type { DecisionRecord, State, TimelineRecord } from '../lifecycle/state.js';
import type { Summary } from '../lifecycle/summary.js';
import type { Publication, View } from '../lifecycle/view.js';
import type { Thresholds } from '../metrics/totals.js';
import type { ExperimentDefinition } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import type { MeasuredLift } from '../stats/meta-analysis.js';

/** An experiment: its definition, what its start froze, and what its workflow published last. */
export interface ExperimentDocument {
  _id: string;
  definition: ExperimentDefinition;
  /** Salt of the experiment's slots. */
  salt: string;
  created_at: string;
  created_by: string;
  /** Everybody who has changed the draft. */
  changed_by?: string[];
  /** Ids are never reused: a deleted draft leaves this behind. */
  deleted?: boolean;
  state: View['state'];
  flag_id: string;
  /** Guards everything below; it grows with every commit of the workflow. */
  version: number;
  launch: Launch | null;
  view: View | null;
  publication: Publication | null;
  checkpoint: State | null;
  /** Serving revision at which every process serves this publication. */
  served_at: number;
  /** Revision of the newest allocation that every process was told of. */
  served_revision: number;
  /** When the outcome was written into the flag, and the slots were given back; ms since the epoch. */
  settled_at: number | null;
  /** Of one that shipped: the winner's lift as it was decided on, and from the watch. */
  lifts?: { at_decision: LiftReport | null; after_watch: LiftReport | null };
  /** Once it is settled: what its first treatment measured, for the priors of later starts; relative to |control|. */
  final_lifts?: FinalLift[];
  /**
   * What is kept of it: `open` from its creation until it is settled, then `ended` while there are snapshots to forget, then
   * `archived` while there is a timeline to forget. Without it there is nothing left to do for this experiment, ever.
   */
  held?: Held;
  /** An operator ended it without its workflow, which may still run: it is to be terminated. */
  forced?: boolean;
  /** Lines of the timeline that were stored with the change that they tell of; it may not have them yet. */
  untold?: UntoldLine[];
  /** There are such lines. */
  telling?: true;
  /** The newest revision of its flag that it was started on, or that its timeline tells of. */
  flag_told: number;
  /** Buckets of the quantiles' thresholds, each frozen once. */
  thresholds?: { metric_id: string; bucket: number }[];
  /** What the newest look said, for lists; absent before the first one. */
  summary?: Summary;
}

/** An experiment as lists read it: without what is large and not shown. */
export type ListedExperiment = Omit<
  ExperimentDocument,
  'checkpoint' | 'publication' | 'thresholds' | 'untold' | 'lifts' | 'final_lifts' | 'launch' | 'view'
> & {
  launch: Omit<Launch, 'metrics' | 'policy_document'> | null;
  view: Omit<View, 'last_decision'> | null;
};

/** A line that is stored with the change that it tells of, so that neither can be lost without the other. */
export interface UntoldLine {
  /** Unique in its experiment. */
  key: string;
  item: Omit<TimelineRecord, 'n'>;
  /** It is told only if nothing better was until then, ms since the epoch. */
  due?: number;
}

export type Held = 'open' | 'ended' | 'archived';

export type FinalLift = MeasuredLift & { metric_id: string };
/** A lift, and how it was counted. */
export type PastLift = FinalLift & { metric: Metric };

/** An experiment that was started. */
export type Launched = ExperimentDocument & { launch: Launch };

/** What is read of an experiment to learn from it for the next one. */
export type PastExperiment = Pick<ExperimentDocument, '_id'> & { launch: Launch };

/** The frozen thresholds of an experiment by metric. */
export function thresholdsOf({ thresholds = [] }: Pick<ExperimentDocument, 'thresholds'>): Thresholds {
  return Object.fromEntries(thresholds.map(({ metric_id, bucket }) => [metric_id, bucket]));
}

/** One commit of a workflow: everything that changed since the last one. Writing it twice has the effect of writing it once. */
export interface Commit {
  experiment_id: string;
  version: number;
  view: View;
  publication: Publication;
  checkpoint: State;
  records: TimelineRecord[];
  decisions: DecisionRecord[];
}

/** What a look needs: what the start froze, and the little that changes. */
export type LookSubject = Pick<
  ExperimentDocument,
  '_id' | 'flag_id' | 'version' | 'thresholds' | 'summary'
> & {
  launch: Launch;
};

/** An experiment whose workflow must be under way. */
export type UnderWay = Pick<ExperimentDocument, '_id' | 'state' | 'flag_id' | 'flag_told'> & {
  view: Pick<View, 'holds' | 'revision'> | null;
  environment: string | undefined;
};

/** Where an experiment runs: in one environment, or, undefined, in every one. */
export interface ExperimentPlace {
  _id: string;
  environment: string | undefined;
}

/** What tells one state of an experiment from the next. */
export interface ExperimentVersion {
  _id: string;
  version: number;
  served_revision: number;
  /** When it was looked at last, ms since the epoch; null before the first time. */
  looked_at: number | null;
  environment: string | undefined;
}
