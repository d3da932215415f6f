import type { Collection } from 'mongodb';
import { failure, type RampartError } from '../errors.js';
import { EXPERIMENT_STATES } from '../lifecycle/state.js';
import type { Publication, View } from '../lifecycle/view.js';
import { flagOf, type ExperimentDefinition } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { Thresholds } from '../metrics/totals.js';
import { NewestMap } from '../newest-map.js';
import { isDuplicate, reach, type Database } from './database.js';
import {
  thresholdsOf,
  type Commit,
  type ExperimentDocument,
  type ExperimentPlace,
  type ExperimentVersion,
  type Held,
  type Launched,
  type LookSubject,
  type UnderWay,
  type UntoldLine,
} from './experiment-document.js';
import { inChunks } from './chunks.js';
import { servedOf, type Unmarked } from './served-experiment.js';
import { withLines } from './untold-lines.js';
import { iso } from '../iso.js';
import { DAY_MS } from '../model/time.js';

interface Placed {
  _id: string;
  definition: Pick<ExperimentDefinition, 'environment'>;
}

interface Versioned extends Omit<ExperimentVersion, 'looked_at' | 'environment'> {
  definition: Pick<ExperimentDefinition, 'environment'>;
  summary?: { last_look_at: number };
}

/** How long a finished experiment is still served to callers that name it, ms. */
const SERVED_AFTER_END_MS = 90 * DAY_MS;
/** States in which a workflow must be under way. */
const UNDER_WAY = EXPERIMENT_STATES.filter((state) => state !== 'draft' && state !== 'completed');
/** Of the experiments before on one flag, at most so many are of interest. */
const MOST_PREDECESSORS = 5;
/** Experiments that one read of what is served takes: far less than the time that a read has. */
const READ_AT_ONCE = 200;
/** At most this many launches are remembered, some kilobytes each: one worker may look at as many experiments. */
const MOST_LAUNCHES = 10_000;

export class ExperimentStore {
  /** A launch never changes. */
  private readonly launches = new NewestMap<string, Launch>(MOST_LAUNCHES);
  private readonly experiments: Collection<ExperimentDocument>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.experiments.createIndex({ state: 1, _id: 1 });
      await this.experiments.createIndex({ 'definition.tags': 1, _id: 1 });
      await this.experiments.createIndex({ held: 1, settled_at: 1 });
      await this.experiments.createIndex({ settled_at: 1 });
      await this.experiments.createIndex({ forced: 1 });
      await this.experiments.createIndex({ flag_id: 1, 'launch.start_at': -1 });
    });
  }

  /** @throws {RampartError} already_exists */
  async create(
    definition: ExperimentDefinition,
    salt: string,
    actor: string,
    now = Date.now(),
    untold: readonly UntoldLine[] = [],
  ): Promise<ExperimentDocument> {
    const document: ExperimentDocument = {
      _id: definition.experiment_id,
      definition,
      salt,
      created_at: iso(now),
      created_by: actor,
      state: 'draft',
      flag_id: flagOf(definition),
      version: 0,
      launch: null,
      view: null,
      publication: null,
      checkpoint: null,
      served_at: 0,
      served_revision: 0,
      settled_at: null,
      held: 'open',
      flag_told: 0,
      ...(untold.length > 0 && { untold: [...untold], telling: true }),
    };
    await reach(() => this.experiments.insertOne(document)).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      throw failure(
        'already_exists',
        `experiment ${document._id} exists or existed: ids are never used again`,
      );
    });
    return document;
  }

  async get(id: string): Promise<ExperimentDocument | null> {
    const found = await reach(() => this.experiments.findOne({ _id: id }));
    return found?.deleted ? null : found;
  }

  /** The experiment with this id. @throws {RampartError} not_found */
  async named(id: string): Promise<ExperimentDocument> {
    const document = await this.get(id);
    if (!document) throw failure('not_found', `no experiment ${id}`);
    return document;
  }

  /** An experiment that was started. @throws {RampartError} not_found */
  async started(id: string): Promise<Launched> {
    const document = await this.get(id);
    if (!document?.launch) throw neverStarted(id);
    return { ...document, launch: document.launch };
  }

  /** What a look needs. @throws {RampartError} not_found where the experiment was never started */
  async forLook(id: string): Promise<LookSubject> {
    const subject = await this.lookSubject(id);
    if (!subject) throw neverStarted(id);
    return subject;
  }

  /** As `forLook`; null where the experiment was never started. */
  async lookSubject(id: string): Promise<LookSubject | null> {
    const launch = this.launches.get(id);
    const projection = { flag_id: 1, version: 1, thresholds: 1, summary: 1, ...(!launch && { launch: 1 }) };
    const found = await reach(() =>
      this.experiments.findOne<Omit<LookSubject, 'launch'> & { launch?: Launch | null }>(
        { _id: id },
        { projection },
      ),
    );
    if (!found) return null;
    if (launch) return { ...found, launch };
    if (!found.launch) return null;
    this.launches.set(id, found.launch);
    return { ...found, launch: found.launch };
  }

  /** Replaces the definition of a draft. Returns false where the experiment is no longer a draft. */
  async changeDraft(id: string, definition: ExperimentDefinition, actor: string): Promise<boolean> {
    const result = await reach(() =>
      this.experiments.updateOne(
        { _id: id, state: 'draft' },
        { $set: { definition, flag_id: flagOf(definition) }, $addToSet: { changed_by: actor } },
      ),
    );
    return result.matchedCount === 1;
  }

  async deleteDraft(id: string): Promise<boolean> {
    const result = await reach(() =>
      this.experiments.updateOne(
        { _id: id, state: 'draft' },
        { $set: { deleted: true, state: 'completed' as const }, $unset: { held: '' as const } },
      ),
    );
    return result.matchedCount === 1;
  }

  /** The one compare-and-set of a start: draft to scheduled, freezing what the launch freezes. */
  async launch(
    id: string,
    launch: Launch,
    view: View,
    publication: Publication,
    flag_told = 0,
    untold: readonly UntoldLine[] = [],
  ): Promise<boolean> {
    const $set = { state: 'scheduled' as const, launch, view, publication, flag_told };
    const result = await reach(() =>
      this.experiments.updateOne({ _id: id, state: 'draft' }, withLines({ $set }, untold)),
    );
    return result.matchedCount === 1;
  }

  /** Experiments that were started on this flag and had not ended before `since`, ms; the newest first, at most 5. */
  async launchedOnFlag(flag_id: string, since: number): Promise<Launched[]> {
    const found = await reach(() =>
      this.experiments
        .find({ flag_id, 'launch.start_at': { $gt: 0 } })
        .sort({ 'launch.start_at': -1 })
        .limit(MOST_PREDECESSORS)
        .toArray(),
    );
    return launchedOf(found).filter(({ settled_at }) => settled_at === null || settled_at >= since);
  }

  /** Experiments whose workflow must be under way. There may be thousands, so only a few fields of each are read. */
  async underWay(): Promise<UnderWay[]> {
    const found = await reach(() =>
      this.experiments
        .find({ state: { $in: UNDER_WAY } })
        .project<Omit<UnderWay, 'environment'> & Placed>({
          ...{ _id: 1, state: 1, flag_id: 1, flag_told: 1 },
          ...{ 'definition.environment': 1, 'view.holds': 1, 'view.revision': 1 },
        })
        .toArray(),
    );
    return found.map(({ definition, ...one }) => ({ ...one, environment: definition.environment }));
  }

  /** The versions of all experiments that are drafts, or under way, or not settled yet. */
  async openVersions(): Promise<ExperimentVersion[]> {
    const projection = {
      version: 1,
      served_revision: 1,
      'summary.last_look_at': 1,
      'definition.environment': 1,
    };
    const found = await reach(() =>
      this.experiments.find({ held: 'open' }).project<Versioned>(projection).toArray(),
    );
    return found.map(({ definition, summary, ...one }) => ({
      ...one,
      looked_at: summary?.last_look_at ?? null,
      environment: definition.environment,
    }));
  }

  /** The experiments under way that drive a flag. */
  async underWayOnFlag(flag_id: string): Promise<ExperimentDocument[]> {
    const state = { $in: UNDER_WAY };
    return reach(() => this.experiments.find({ flag_id, state }).toArray());
  }

  /** Marks an experiment whose outcome is written down: nothing is left to do for it. */
  async settle(
    id: string,
    at: number,
    measured: Pick<ExperimentDocument, 'lifts' | 'final_lifts'>,
  ): Promise<void> {
    const $set = { settled_at: at, held: 'ended' as const, ...measured };
    await reach(() => this.experiments.updateOne({ _id: id, settled_at: null }, { $set }));
  }

  /** Some experiments of a stage that were settled before this time, ms since the epoch. */
  async settledBefore(stage: Held, before: number, limit: number): Promise<string[]> {
    const found = await reach(() =>
      this.experiments
        .find({ held: stage, settled_at: { $lt: before } })
        .limit(limit)
        .project<{ _id: string }>({ _id: 1 })
        .toArray(),
    );
    return found.map(({ _id }) => _id);
  }

  /** Moves an experiment from one stage to the next; null after the last. */
  async hold(id: string, stage: Held, next: Held | null): Promise<void> {
    const update = next === null ? { $unset: { held: '' as const } } : { $set: { held: next } };
    await reach(() => this.experiments.updateOne({ _id: id, held: stage }, update));
  }

  /** Completed experiments whose outcome is not written down yet. */
  async unsettled(): Promise<ExperimentDocument[]> {
    const found = await reach(() => this.experiments.find({ held: 'open', state: 'completed' }).toArray());
    return found.filter((one) => one.launch !== null && !one.deleted);
  }

  /** Stores the newest state of a workflow. A late or repeated one changes nothing. Returns the version that is stored then. */
  async commit({ experiment_id, version, view, publication, checkpoint }: Commit): Promise<number> {
    const { matchedCount } = await reach(() =>
      this.experiments.updateOne(
        { _id: experiment_id, version: { $lt: version } },
        { $set: { version, state: view.state, view, publication, checkpoint } },
      ),
    );
    return matchedCount === 1 ? version : ((await this.get(experiment_id))?.version ?? version);
  }

  /** Like `commit`, by an operator in place of the workflow. */
  async force(
    id: string,
    { view, publication, checkpoint }: Omit<Commit, 'experiment_id' | 'version' | 'records' | 'decisions'>,
    untold: readonly UntoldLine[],
  ): Promise<void> {
    const { version } = checkpoint;
    await reach(() =>
      this.experiments.updateOne(
        { _id: id, version: { $lt: version } },
        withLines(
          { $set: { version, state: view.state, view, publication, checkpoint, forced: true } },
          untold,
        ),
      ),
    );
  }

  async forced(): Promise<string[]> {
    const found = await reach(() =>
      this.experiments
        .find({ state: 'completed', forced: true })
        .project<{ _id: string }>({ _id: 1 })
        .toArray(),
    );
    return found.map(({ _id }) => _id);
  }

  /** Where those experiments run that exist. */
  async placesOf(ids: readonly string[]): Promise<ExperimentPlace[]> {
    const found = await reach(() =>
      this.experiments
        .find({ _id: { $in: [...ids] }, deleted: { $exists: false } })
        .project<Placed>({ 'definition.environment': 1 })
        .toArray(),
    );
    return found.map(({ _id, definition }) => ({ _id, environment: definition.environment }));
  }

  /** Those that are not over whose audience or whose own segments name this segment. */
  async notOverFor(segment: string): Promise<string[]> {
    const lists = ['target_audience.include', 'target_audience.exclude', 'segments'];
    return (await this.notOver({ $or: lists.map((list) => ({ [`definition.${list}`]: segment })) })).sort();
  }

  /** Those that are not over, drafts among them, whose flag this is. */
  async notOverOn(flag_id: string): Promise<string[]> {
    return (await this.notOver({ flag_id })).sort();
  }

  private async notOver(filter: object): Promise<string[]> {
    return this.idsOf({ held: 'open', state: { $ne: 'completed' }, ...filter });
  }

  private async idsOf(filter: object): Promise<string[]> {
    const found = await reach(() =>
      this.experiments.find(filter).project<{ _id: string }>({ _id: 1 }).toArray(),
    );
    return found.map(({ _id }) => _id);
  }

  /** The states of those experiments that exist. */
  async states(ids: readonly string[]): Promise<Pick<ExperimentDocument, '_id' | 'state'>[]> {
    if (ids.length === 0) return [];
    return reach(() =>
      this.experiments
        .find({ _id: { $in: [...ids] } })
        .project<Pick<ExperimentDocument, '_id' | 'state'>>({ _id: 1, state: 1 })
        .toArray(),
    );
  }

  /** Every process was told of this allocation, and serves it from the serving revision `g` on. */
  async markServed(id: string, g: number, served_revision: number): Promise<void> {
    const $max = { served_at: g, served_revision };
    await reach(() => this.experiments.updateOne({ _id: id }, { $max }));
  }

  /** The serving revision at which every process serves the newest publication; 0 before the first. */
  async servedAt(id: string): Promise<number> {
    const found = await reach(() =>
      this.experiments.findOne<Pick<ExperimentDocument, 'served_at'>>(
        { _id: id },
        { projection: { served_at: 1 } },
      ),
    );
    return found?.served_at ?? 0;
  }

  /** Freezes thresholds that are not frozen yet. Returns all that are frozen then. */
  async freezeThresholds(id: string, fresh: Thresholds): Promise<Thresholds> {
    for (const [metric_id, bucket] of Object.entries(fresh)) {
      await reach(() =>
        this.experiments.updateOne(
          { _id: id, 'thresholds.metric_id': { $ne: metric_id } },
          { $push: { thresholds: { metric_id, bucket } } },
        ),
      );
    }
    const document = await this.get(id);
    return document ? thresholdsOf(document) : {};
  }

  /** What serving needs of experiments, without the marks of units. Experiments that ended long ago are left out. */
  async served(ids: readonly string[] | 'all', now: number): Promise<Unmarked[]> {
    const oldest = now - SERVED_AFTER_END_MS;
    const experiments: Unmarked[] = [];
    for (const some of inChunks(ids === 'all' ? await this.servedIds(oldest) : ids, READ_AT_ONCE)) {
      const found = await reach(() =>
        this.experiments
          .find({ _id: { $in: some } }, { projection: { checkpoint: 0, view: 0, thresholds: 0, summary: 0 } })
          .toArray(),
      );
      const served = found.filter(
        ({ launch, publication, deleted, settled_at }) =>
          launch && publication && !deleted && (settled_at === null || settled_at >= oldest),
      );
      experiments.push(...served.map(servedOf));
    }
    return experiments;
  }

  /** Ids of all that are not settled yet, or were settled after `oldest`. What ended long ago is not even looked at. */
  private async servedIds(oldest: number): Promise<string[]> {
    // One that is settled between the two is found twice.
    const open = await this.idsOf({ held: 'open', state: { $ne: 'draft' } });
    return [...new Set([...open, ...(await this.idsOf({ settled_at: { $gt: oldest } }))])];
  }
}

function launchedOf(documents: readonly ExperimentDocument[]): Launched[] {
  return documents.flatMap((one) => (one.launch && !one.deleted ? [{ ...one, launch: one.launch }] : []));
}

function neverStarted(id: string): RampartError {
  return failure('not_found', `experiment ${id} was never started`);
}
