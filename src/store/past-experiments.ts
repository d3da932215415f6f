import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';
import type { ExperimentDocument, Launched, PastExperiment, PastLift } from './experiment-document.js';

/** What experiments that were started before say of one that is to start. */
export class PastExperimentStore {
  private readonly experiments: Collection<ExperimentDocument>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.experiments.createIndex({ 'launch.metrics.metric.metric_id': 1, 'launch.start_at': -1 });
      await this.experiments.createIndex({ 'final_lifts.metric_id': 1, 'launch.start_at': -1 });
    });
  }

  /** The experiments with this metric that were started most recently, the newest first. */
  async newestWithMetric(
    metric_id: string,
    limit: number,
    more: { state?: 'completed' } = {},
  ): Promise<PastExperiment[]> {
    return reach(() =>
      this.experiments
        .find({ 'launch.metrics.metric.metric_id': metric_id, ...more })
        .sort({ 'launch.start_at': -1 })
        .limit(limit)
        .project<PastExperiment>({ launch: 1 })
        .toArray(),
    );
  }

  /**
   * What the experiments that measured this metric and are settled ended with, and how they counted it, those that were started
   * most recently first.
   */
  async newestLifts(metric_id: string, limit: number): Promise<PastLift[]> {
    const found = await reach(() =>
      this.experiments
        .find({ 'final_lifts.metric_id': metric_id })
        .sort({ 'launch.start_at': -1 })
        .limit(limit)
        .project<Pick<Launched, 'launch' | 'final_lifts'>>({ 'launch.metrics': 1, final_lifts: 1 })
        .toArray(),
    );
    return found.flatMap(({ launch, final_lifts = [] }) => {
      const lift = final_lifts.find((one) => one.metric_id === metric_id);
      const metric = launch.metrics.find((one) => one.metric.metric_id === metric_id)?.metric;
      return lift && metric ? [{ ...lift, metric }] : [];
    });
  }
}
