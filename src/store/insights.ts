import type { Collection } from 'mongodb';
import type { Outcome } from '../lifecycle/state.js';
import type { ExperimentDocument } from './experiment-document.js';
import { reach, type Database } from './database.js';
import type { DecisionItem } from './decisions.js';
import { inEnvironments } from './environments.js';

/** What is read of an experiment that is over to say what it was worth. */
export interface EndedExperiment {
  _id: string;
  settled_at: number;
  launch: { start_at: number; metrics: { metric: { metric_id: string; unit?: string } }[] };
  /** Null of one whose workflow has told nothing. */
  view: { outcome: Outcome | null } | null;
  lifts?: ExperimentDocument['lifts'];
}

export type BriefDecision = Pick<DecisionItem, 'experiment_id' | 'n' | 'at' | 'row' | 'decision' | 'variant'>;

/** Which ended experiments are asked for. Times in ms since the epoch, both inclusive. */
export interface EndedFilter {
  from: number;
  until?: number;
  order: 'asc' | 'desc';
  environments: readonly string[] | null;
}

const READ = {
  settled_at: 1,
  lifts: 1,
  'launch.start_at': 1,
  'launch.metrics.metric.metric_id': 1,
  'launch.metrics.metric.unit': 1,
  'view.outcome': 1,
} as const;
/** Of a decision everything but its certificate, which is the most of it. */
const BRIEF = { experiment_id: 1, n: 1, at: 1, row: 1, decision: 1, variant: 1, _id: 0 } as const;

/** Experiments that are over, and what was decided about them, in brief. */
export class InsightStore {
  private readonly experiments: Collection<ExperimentDocument>;
  private readonly items: Collection<DecisionItem>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
    this.items = database.collection('decisions');
  }

  /** At most `limit` experiments in the order of their ends. */
  async ended({ from, until, order, environments }: EndedFilter, limit: number): Promise<EndedExperiment[]> {
    const within = inEnvironments('definition.environment', environments);
    const settled_at = { $gte: from, ...(until !== undefined && { $lte: until }) };
    return reach(() =>
      this.experiments
        // By the index of states and ends, in its order.
        .find({ state: 'completed', settled_at, ...within } as object)
        .sort({ settled_at: order === 'asc' ? 1 : -1 })
        .limit(limit)
        .project<EndedExperiment>(READ)
        .toArray(),
    );
  }

  /** The decisions of these experiments, each in order. */
  async decisions(experiment_ids: readonly string[]): Promise<BriefDecision[]> {
    const found = await reach(() =>
      this.items
        .find({ experiment_id: { $in: [...experiment_ids] } })
        .project<BriefDecision>(BRIEF)
        .toArray(),
    );
    return found.sort((a, b) => a.n - b.n);
  }
}
