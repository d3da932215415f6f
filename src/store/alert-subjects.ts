import type { Collection } from 'mongodb';
import type { AlertedExperiment } from '../alerts/timeline-alerts.js';
import { reach, type Database } from './database.js';
import type { ExperimentDocument } from './experiment-document.js';

/** What of an experiment its alerts are made of. */
type Read = Pick<ExperimentDocument, '_id' | 'definition'> & {
  launch: { policy: { approval_timeout: number; on_approval_timeout: 'hold' | 'ship' | 'control' } } | null;
};

/** Experiments as their alerts need them. */
export class AlertSubjectStore {
  private readonly experiments: Collection<ExperimentDocument>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
  }

  /** Null where there is none. */
  async get(experiment_id: string): Promise<AlertedExperiment | null> {
    const found = await reach(() =>
      this.experiments.findOne<Read>(
        { _id: experiment_id },
        {
          projection: {
            ...{ 'definition.name': 1, 'definition.environment': 1, 'definition.tags': 1 },
            ...{ 'definition.owner': 1, 'launch.policy.approval_timeout': 1 },
            'launch.policy.on_approval_timeout': 1,
          },
        },
      ),
    );
    if (!found) return null;
    const { name, environment, tags = [], owner } = found.definition;
    const policy = found.launch?.policy;
    return {
      experiment_id,
      name: name ?? experiment_id,
      environment,
      tags,
      owner: owner ?? null,
      approval: policy ? { timeout: policy.approval_timeout, then: policy.on_approval_timeout } : null,
    };
  }
}
