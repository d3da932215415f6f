import type { Collection } from 'mongodb';
import type { Certificate } from '../certificates/certificate.js';
import { failure } from '../errors.js';
import type { DecisionRecord, State, TimelineRecord } from '../lifecycle/state.js';
import type { Publication, View } from '../lifecycle/view.js';
import { controlOf, flagOf, type ExperimentDefinition } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { Thresholds } from '../metrics/totals.js';
import { eventTypesOf } from '../model/metric.js';
import type { ServedExperiment } from '../model/serving.js';
import { isDuplicate, reach, type Database } from './database.js';
import { pageOf, type Page } from './definitions.js';
import { DAY_MS } from '../model/time.js';

/** An experiment: its definition, what its start froze, and what its workflow published last. */
export interface ExperimentDocument {
  _id: string;
  definition: ExperimentDefinition;
  /** Salt of the experiment's slots. */
  salt: string;
  created_at: string;
  created_by: string;
  /** Ids are never reused: a deleted draft leaves this behind. */
  deleted?: boolean;
  state: View['state'];
  flag_id: string;
  /** Guard of everything below: grows with every commit of the workflow. */
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
  /** An operator ended it without its workflow, which may still run: it is to be terminated. */
  forced?: boolean;
  /** Buckets of the quantiles' thresholds, each frozen once. */
  thresholds?: { metric_id: string; bucket: number }[];
}

/** An experiment that was started. */
export type Launched = ExperimentDocument & { launch: Launch };

/** The frozen thresholds of an experiment by metric. */
export function thresholdsOf({ thresholds = [] }: Pick<ExperimentDocument, 'thresholds'>): Thresholds {
  return Object.fromEntries(thresholds.map(({ metric_id, bucket }) => [metric_id, bucket]));
}

export interface TimelineItem extends Omit<TimelineRecord, 'n'> {
  _id: string;
  experiment_id: string;
  seq: number;
}

export interface DecisionItem extends DecisionRecord {
  _id: string;
  experiment_id: string;
  certificate: Certificate;
}

/** One commit of a workflow: everything that changed since the last one, written so that twice is once. */
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
export type LookSubject = Pick<ExperimentDocument, '_id' | 'flag_id' | 'version' | 'thresholds'> & {
  launch: Launch;
};

/** An experiment whose workflow must be under way. */
export type UnderWay = Pick<ExperimentDocument, '_id' | 'state' | 'flag_id'> & {
  view: Pick<View, 'holds'> | null;
};

type Unmarked = Omit<ServedExperiment, 'excluded' | 'overrides'>;

/** For so long a finished experiment answers to those who still ask for it by its own name. */
const SERVED_AFTER_END_MS = 90 * DAY_MS;

/** States in which a workflow must be under way. */
const UNDER_WAY = [
  'scheduled',
  'queued',
  'ramping',
  'running',
  'awaiting_approval',
  'rolling_out',
  'watching',
  'rolling_back',
] as const;

/** So many launches are remembered. */
const MOST_LAUNCHES = 10_000;

export class ExperimentStore {
  /** A launch never changes. */
  private readonly launches = new Map<string, Launch>();
  private readonly experiments: Collection<ExperimentDocument>;
  private readonly timelineItems: Collection<TimelineItem>;
  private readonly decisionItems: Collection<DecisionItem>;
  private readonly counters: Collection<{ _id: string; seq: number }>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
    this.timelineItems = database.collection('timeline');
    this.decisionItems = database.collection('decisions');
    this.counters = database.collection('timeline_counters');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.experiments.createIndex({ state: 1 });
      await this.experiments.createIndex({ flag_id: 1 });
      await this.experiments.createIndex({ 'launch.metrics.metric.metric_id': 1, 'launch.start_at': -1 });
      await this.timelineItems.createIndex({ experiment_id: 1 });
      await this.decisionItems.createIndex({ experiment_id: 1 });
    });
  }

  /** @throws {RampartError} already_exists */
  async create(definition: ExperimentDefinition, salt: string, actor: string): Promise<ExperimentDocument> {
    const document: ExperimentDocument = {
      _id: definition.experiment_id,
      definition,
      salt,
      created_at: new Date().toISOString(),
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

  /** What a look needs; null where the experiment was never started. */
  async forLook(id: string): Promise<LookSubject | null> {
    const launch = this.launches.get(id);
    const projection = { flag_id: 1, version: 1, thresholds: 1, ...(!launch && { launch: 1 }) };
    const found = await reach(() =>
      this.experiments.findOne<Omit<LookSubject, 'launch'> & { launch?: Launch | null }>(
        { _id: id },
        { projection },
      ),
    );
    if (!found) return null;
    if (launch) return { ...found, launch };
    if (!found.launch) return null;
    if (this.launches.size >= MOST_LAUNCHES) this.launches.clear();
    this.launches.set(id, found.launch);
    return { ...found, launch: found.launch };
  }

  async page(
    filter: { state?: string | undefined; tag?: string | undefined },
    limit: number,
    after?: string,
  ): Promise<Page<ExperimentDocument>> {
    const query = {
      deleted: { $exists: false },
      ...(filter.state !== undefined && { state: filter.state }),
      ...(filter.tag !== undefined && { 'definition.tags': filter.tag }),
      ...(after !== undefined && { _id: { $gt: after } }),
    };
    const found = await reach(() =>
      this.experiments
        .find(query as object)
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    );
    return pageOf(found, limit);
  }

  /** Replaces the definition of a draft; false where it is none any more. */
  async changeDraft(id: string, definition: ExperimentDefinition): Promise<boolean> {
    const result = await reach(() =>
      this.experiments.updateOne(
        { _id: id, state: 'draft' },
        { $set: { definition, flag_id: flagOf(definition) } },
      ),
    );
    return result.matchedCount === 1;
  }

  async deleteDraft(id: string): Promise<boolean> {
    const result = await reach(() =>
      this.experiments.updateOne(
        { _id: id, state: 'draft' },
        { $set: { deleted: true, state: 'completed' as const } },
      ),
    );
    return result.matchedCount === 1;
  }

  /** The one compare-and-set of a start: draft to scheduled, freezing what the launch freezes. */
  async launch(id: string, launch: Launch, view: View, publication: Publication): Promise<boolean> {
    const result = await reach(() =>
      this.experiments.updateOne(
        { _id: id, state: 'draft' },
        { $set: { state: 'scheduled' as const, launch, view, publication } },
      ),
    );
    return result.matchedCount === 1;
  }

  /** The experiment that was started last of those with this metric. */
  async newestWithMetric(metric_id: string): Promise<ExperimentDocument | null> {
    const [found] = await reach(() =>
      this.experiments
        .find({ 'launch.metrics.metric.metric_id': metric_id })
        .sort({ 'launch.start_at': -1 })
        .limit(1)
        .toArray(),
    );
    return found ?? null;
  }

  /** Experiments whose workflow must be under way, of each only a little: there may be thousands. */
  async underWay(): Promise<UnderWay[]> {
    return reach(() =>
      this.experiments
        .find({ state: { $in: [...UNDER_WAY] } })
        .project<UnderWay>({ _id: 1, state: 1, flag_id: 1, 'view.holds': 1 })
        .toArray(),
    );
  }

  /** The experiments under way that drive a flag. */
  async underWayOnFlag(flag_id: string): Promise<ExperimentDocument[]> {
    const state = { $in: [...UNDER_WAY] };
    return reach(() => this.experiments.find({ flag_id, state }).toArray());
  }

  /** The outcome is written down: nothing of the experiment is left to do. */
  async settle(id: string, at: number): Promise<void> {
    await reach(() =>
      this.experiments.updateOne({ _id: id, settled_at: null }, { $set: { settled_at: at } }),
    );
  }

  /** Completed ones whose outcome is not written down yet. */
  async unsettled(): Promise<ExperimentDocument[]> {
    const found = await reach(() =>
      this.experiments.find({ state: 'completed', settled_at: null }).toArray(),
    );
    return found.filter((one) => one.launch !== null && !one.deleted);
  }

  /** The newest state of a workflow; a late or doubled one changes nothing. Answers the version that is stored then. */
  async commit({ experiment_id, version, view, publication, checkpoint }: Commit): Promise<number> {
    const { matchedCount } = await reach(() =>
      this.experiments.updateOne(
        { _id: experiment_id, version: { $lt: version } },
        { $set: { version, state: view.state, view, publication, checkpoint } },
      ),
    );
    return matchedCount === 1 ? version : ((await this.get(experiment_id))?.version ?? version);
  }

  /** As `commit`, by an operator in place of the workflow. */
  async force(
    id: string,
    { view, publication, checkpoint }: Omit<Commit, 'experiment_id' | 'version' | 'records' | 'decisions'>,
  ): Promise<void> {
    const { version } = checkpoint;
    await reach(() =>
      this.experiments.updateOne(
        { _id: id, version: { $lt: version } },
        { $set: { version, state: view.state, view, publication, checkpoint, forced: true } },
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

  /** The states alone, of those that exist. */
  async states(ids: readonly string[]): Promise<Pick<ExperimentDocument, '_id' | 'state'>[]> {
    if (ids.length === 0) return [];
    return reach(() =>
      this.experiments
        .find({ _id: { $in: [...ids] } })
        .project<Pick<ExperimentDocument, '_id' | 'state'>>({ _id: 1, state: 1 })
        .toArray(),
    );
  }

  async many(ids: readonly string[]): Promise<ExperimentDocument[]> {
    return reach(() => this.experiments.find({ _id: { $in: [...ids] } }).toArray());
  }

  /** Every process was told: at the serving revision `g` it serves this allocation. */
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

  /** Freezes what is not frozen yet; answers all that is. */
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

  /** What is to be served of experiments, without what was said of units. Long finished ones are left out. */
  async served(ids: readonly string[] | 'all', now: number): Promise<Unmarked[]> {
    const filter = ids === 'all' ? {} : { _id: { $in: [...ids] } };
    const found = await reach(() => this.experiments.find(filter as object).toArray());
    return found.flatMap((one) => {
      const isOver = one.settled_at !== null && now - one.settled_at > SERVED_AFTER_END_MS;
      return one.launch && one.publication && !one.deleted && !isOver ? [servedOf(one)] : [];
    });
  }

  /** Appends to the timeline, in this order; a line's key makes one written twice one. */
  async record(
    experiment_id: string,
    lines: readonly [key: string, item: Omit<TimelineRecord, 'n'>][],
  ): Promise<void> {
    if (lines.length === 0) return;
    await reach(async () => {
      const counter = await this.counters.findOneAndUpdate(
        { _id: experiment_id },
        { $inc: { seq: lines.length } },
        { upsert: true, returnDocument: 'after' },
      );
      // Lines that are there already keep their numbers; those that they would have had stay unused.
      const first = counter!.seq - lines.length + 1;
      await this.timelineItems
        .insertMany(
          lines.map(([key, item], index) => ({
            ...item,
            _id: `${experiment_id}#${key}`,
            experiment_id,
            seq: first + index,
          })),
          { ordered: false },
        )
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
        });
    });
  }

  async timeline(experiment_id: string, limit: number, after: number): Promise<TimelineItem[]> {
    return reach(() =>
      this.timelineItems
        .find({ experiment_id, seq: { $gt: after } })
        .sort({ seq: 1 })
        .limit(limit)
        .toArray(),
    );
  }

  /** Written twice, a decision stays as it was written first: its certificate is a link of a chain. */
  async decide(experiment_id: string, decision: DecisionRecord, certificate: Certificate): Promise<void> {
    const item: DecisionItem = {
      ...decision,
      _id: `${experiment_id}#${decision.n}`,
      experiment_id,
      certificate,
    };
    await reach(() => this.decisionItems.insertOne(item)).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
    });
  }

  async decision(experiment_id: string, n: number): Promise<DecisionItem | null> {
    return reach(() => this.decisionItems.findOne({ _id: `${experiment_id}#${n}` }));
  }

  async decisions(experiment_id: string, limit: number, after: number): Promise<DecisionItem[]> {
    return reach(() =>
      this.decisionItems
        .find({ experiment_id, n: { $gt: after } })
        .sort({ n: 1 })
        .limit(limit)
        .toArray(),
    );
  }
}

function servedOf({
  _id,
  definition,
  launch,
  publication,
  salt,
  flag_id,
  settled_at,
}: ExperimentDocument): Unmarked {
  const { lease, ...served } = publication!;
  const { include, exclude } = definition.target_audience;
  return {
    experiment_id: _id,
    flag_id,
    salt,
    started_at: launch!.start_at,
    event_types: [...new Set(launch!.metrics.flatMap(({ metric }) => eventTypesOf(metric)))],
    control: controlOf(definition),
    variants: Object.entries(definition.variants).map(([name, { config }]) => ({
      name,
      config: config ?? null,
    })),
    ...(definition.environment !== undefined && { environment: definition.environment }),
    audience: { include, exclude },
    settled: settled_at !== null,
    ...(launch!.layer && { layer: { layer_id: launch!.layer.layer_id, slots: lease ?? [] } }),
    holdouts: launch!.holdouts ?? [],
    ...served,
  };
}
