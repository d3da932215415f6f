import type { Collection, UpdateFilter } from 'mongodb';
import { reach, type Database } from './database.js';
import type { ExperimentDocument, UntoldLine } from './experiment-document.js';

/** Lines of timelines that are stored in their experiments, with the changes that they tell of, until the timelines have them. */
export class UntoldLines {
  private readonly experiments: Collection<ExperimentDocument>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
  }

  async initialise(): Promise<void> {
    await reach(() => this.experiments.createIndex({ telling: 1 }));
  }

  /** Experiments with lines that their timelines may not have yet. */
  async all(): Promise<Pick<ExperimentDocument, '_id' | 'untold'>[]> {
    return reach(() =>
      this.experiments
        .find({ telling: true })
        .project<Pick<ExperimentDocument, '_id' | 'untold'>>({ _id: 1, untold: 1 })
        .toArray(),
    );
  }

  /** Forgets lines that the timeline has. */
  async told(id: string, keys: readonly string[]): Promise<void> {
    await reach(() =>
      this.experiments.updateOne({ _id: id }, { $pull: { untold: { key: { $in: [...keys] } } } }),
    );
    await reach(() =>
      this.experiments.updateOne({ _id: id, untold: { $size: 0 } }, { $unset: { untold: '', telling: '' } }),
    );
  }

  /** The timeline has the changes of its flag up to this revision. */
  async flagTold(id: string, revision: number): Promise<void> {
    await reach(() => this.experiments.updateOne({ _id: id }, { $max: { flag_told: revision } }));
  }
}

/** A change together with the lines that tell of it. */
export function withLines<Update extends { $set: object }>(
  update: Update,
  untold: readonly UntoldLine[],
): UpdateFilter<ExperimentDocument> {
  if (untold.length === 0) return update;
  const { $set } = update;
  return { $set: { ...$set, telling: true }, $push: { untold: { $each: [...untold] } } };
}
