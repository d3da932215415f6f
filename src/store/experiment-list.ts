import type { Collection } from 'mongodb';
import type { Outcome } from '../lifecycle/state.js';
import type { Summary } from '../lifecycle/summary.js';
import { reach, type Database } from './database.js';
import { pageOf, type Page } from './definitions.js';
import { inEnvironments } from './environments.js';
import type { ExperimentDocument, ListedExperiment } from './experiment-document.js';

/** What a list of experiments selects. Whatever is left out selects nothing. */
export interface ListFilter {
  state?: string | undefined;
  /** Only those that are completed, the latest end first; or only those that are not, in the order of ids. */
  ended?: boolean | undefined;
  tag?: string | undefined;
  owner?: string | undefined;
  layer_id?: string | undefined;
  outcome?: Outcome | undefined;
  /** Part of the id or the name, as plain text, in any case. */
  q?: string | undefined;
  /** Only what waits for a person, or for what is not as it should be. */
  needs?: 'somebody' | undefined;
  /** Only experiments that run in one of these; null for all. */
  environments: readonly string[] | null;
}

/** How many experiments there are in each state that any is in. */
export type Counts = Partial<Record<ExperimentDocument['state'], number>>;

/** Of completed experiments no more than so many are counted. */
export const MOST_COUNTED = 10_000;

/** A list shows nothing of these, and they are the most of a document. */
const UNLISTED = {
  ...{ checkpoint: 0, publication: 0, thresholds: 0, untold: 0, lifts: 0 },
  ...{ 'launch.metrics': 0, 'launch.policy_document': 0, 'view.last_decision': 0 },
} as const;

/** Experiments as lists show them: pages, numbers, and what the newest look said of each. */
export class ExperimentListStore {
  private readonly experiments: Collection<ExperimentDocument>;

  constructor(database: Database) {
    this.experiments = database.collection('experiments');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.experiments.createIndex({ held: 1, _id: 1 });
      await this.experiments.createIndex({ state: 1, settled_at: -1, _id: 1 });
      await this.experiments.createIndex({ 'definition.owner': 1, _id: 1 });
      await this.experiments.createIndex({ 'definition.layer_id': 1, _id: 1 });
      await this.experiments.createIndex({ 'view.outcome': 1, _id: 1 });
    });
  }

  /** One page in the order of ids; of ended experiments alone, the latest end first. */
  async page(
    filter: ListFilter,
    limit: number,
    after?: string,
    withSummary = false,
  ): Promise<Page<ListedExperiment>> {
    const isByEnd = filter.ended === true;
    const query = { $and: [...selectionOf(filter), isByEnd ? endedBefore(after) : afterId(after)] };
    const found = await reach(() =>
      this.experiments
        .find(query as object)
        .sort(isByEnd ? { settled_at: -1, _id: 1 } : { _id: 1 })
        .limit(limit + 1)
        .project<ListedExperiment>(withSummary ? UNLISTED : { ...UNLISTED, summary: 0 })
        .toArray(),
    );
    const page = pageOf(found, limit);
    const last = page.items.at(-1);
    return isByEnd && page.next_cursor !== null && last
      ? { ...page, next_cursor: `${last.settled_at ?? 0}:${last._id}` }
      : page;
  }

  /** Numbers by state. Those that are not over are read; of completed ones an index counts. */
  async counts(environments: readonly string[] | null): Promise<Counts> {
    const within = inEnvironments('definition.environment', environments);
    const open = await reach(() =>
      this.experiments
        .find({ held: 'open', ...within } as object)
        .project<Pick<ExperimentDocument, 'state'>>({ state: 1 })
        .toArray(),
    );
    const counts: Counts = {};
    for (const { state } of open) {
      if (state !== 'completed') counts[state] = (counts[state] ?? 0) + 1;
    }
    const completed = await reach(() =>
      this.experiments.countDocuments({ state: 'completed', settled_at: { $gt: 0 }, ...within } as object, {
        limit: MOST_COUNTED,
      }),
    );
    return completed > 0 ? { ...counts, completed } : counts;
  }

  /** Keeps what a look said, unless a later look has said something meanwhile. */
  async summarise(id: string, summary: Summary): Promise<void> {
    await reach(() =>
      this.experiments.updateOne(
        {
          _id: id,
          $or: [{ summary: { $exists: false } }, { 'summary.last_look_at': { $lt: summary.last_look_at } }],
        },
        { $set: { summary } },
      ),
    );
  }
}

function selectionOf(filter: ListFilter): object[] {
  const { state, ended, tag, owner, layer_id, outcome, q, needs, environments } = filter;
  return [
    { deleted: { $exists: false } },
    ...(state === undefined ? [] : [{ state }]),
    ...(ended === undefined ? [] : [ended ? { state: 'completed' } : { held: 'open', ...NOT_OVER }]),
    ...(tag === undefined ? [] : [{ 'definition.tags': tag }]),
    ...(owner === undefined ? [] : [{ 'definition.owner': owner }]),
    ...(layer_id === undefined ? [] : [{ 'definition.layer_id': layer_id }]),
    ...(outcome === undefined ? [] : [{ 'view.outcome': outcome }]),
    ...(q === undefined ? [] : [{ $or: [{ _id: plain(q) }, { 'definition.name': plain(q) }] }]),
    ...(needs === undefined ? [] : [NEEDS_SOMEBODY]),
    inEnvironments('definition.environment', environments),
  ];
}

const NOT_OVER = { state: { $ne: 'completed' } };

const NEEDS_SOMEBODY = {
  held: 'open',
  ...NOT_OVER,
  $or: [
    { state: 'awaiting_approval' },
    { 'view.holds.0': { $exists: true } },
    { 'view.paused': { $type: 'object' } },
    { 'view.lost.0': { $exists: true } },
  ],
};

/** What people type is text: none of its characters has another meaning. */
function plain(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i');
}

function afterId(cursor: string | undefined): object {
  return cursor === undefined ? {} : { _id: { $gt: cursor } };
}

/** What comes after a cursor of ended experiments: the end of the last one, and its id. */
function endedBefore(cursor: string | undefined): object {
  if (cursor === undefined) return {};
  const [, at = '0', id = ''] = /^(\d+):(.*)$/.exec(cursor) ?? [];
  const settled_at = Number(at);
  // One that has just ended has no time yet, and comes last.
  if (settled_at === 0) return { settled_at: null, _id: { $gt: id } };
  return {
    $or: [{ settled_at: { $lt: settled_at } }, { settled_at, _id: { $gt: id } }, { settled_at: null }],
  };
}
