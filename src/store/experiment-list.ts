import type { Collection } from 'mongodb';
import type { HoldCode, Outcome } from '../lifecycle/state.js';
import type { Summary } from '../lifecycle/summary.js';
import { reach, type Database } from './database.js';
import { pageOf, type Page } from './definitions.js';
import { inEnvironments } from './environments.js';
import type { ExperimentDocument, ListedExperiment } from './experiment-document.js';

/** What a list of experiments selects. Whatever is left out selects nothing. */
export interface ListFilter {
  ids?: readonly string[] | undefined;
  state?: string | undefined;
  /** Only those whose outcome is written down, the latest end first; or only the others, in the order of ids. */
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

/** How an experiment under way is, for who watches all of them. Times in ms since the epoch. */
export interface Pulse {
  _id: string;
  state: ExperimentDocument['state'];
  holds: HoldCode[];
  paused: boolean;
  start_at: number;
  /** When the next look is due; null while none is. */
  next_look_at: number | null;
}

interface StoredPulse {
  _id: string;
  state: ExperimentDocument['state'];
  launch?: { start_at: number } | null;
  view?: {
    holds?: { code: HoldCode }[];
    paused?: { at: string } | null;
    deadlines?: { next_look_at?: string };
  } | null;
}

/** What must be found to be counted is counted no further. */
const MOST_COUNTED = 10_000;

/** A list shows nothing of these, and they are the most of a document. */
const UNLISTED = {
  ...{ checkpoint: 0, publication: 0, thresholds: 0, untold: 0, lifts: 0, final_lifts: 0 },
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
      await this.experiments.createIndex({ state: 1, settled_at: -1 });
      await this.experiments.createIndex({ deleted: 1 }, { sparse: true });
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
    const projection = withSummary ? UNLISTED : { ...UNLISTED, summary: 0 as const };
    if (filter.ended === true) return this.endedPage(selectionOf(filter), limit, after, projection);
    const { ids } = filter;
    const within = { ...(ids !== undefined && { $in: ids }), ...(after !== undefined && { $gt: after }) };
    const query = { ...selectionOf(filter), ...(Object.keys(within).length > 0 && { _id: within }) };
    const found = await reach(() =>
      this.experiments
        .find(query as object)
        .sort({ _id: 1 })
        .limit(limit + 1)
        .project<ListedExperiment>(projection)
        .toArray(),
    );
    return pageOf(found, limit);
  }

  /** How each experiment is that was started and is not settled. */
  async pulses(): Promise<Pulse[]> {
    const found = await reach(() =>
      this.experiments
        .find({ held: 'open' })
        .project<StoredPulse>({
          ...{ state: 1, 'launch.start_at': 1, 'view.holds.code': 1 },
          ...{ 'view.paused.at': 1, 'view.deadlines.next_look_at': 1 },
        })
        .toArray(),
    );
    return found.flatMap(({ _id, state, launch, view }) => {
      if (!launch) return [];
      const next = view?.deadlines?.next_look_at;
      return {
        ...{ _id, state, start_at: launch.start_at },
        holds: (view?.holds ?? []).map(({ code }) => code),
        paused: Boolean(view?.paused),
        next_look_at: next === undefined ? null : Date.parse(next),
      };
    });
  }

  /** A cursor is the end of the last one, and how many of the same end were given. */
  private async endedPage(
    selection: object,
    limit: number,
    cursor: string | undefined,
    projection: object,
  ): Promise<Page<ListedExperiment>> {
    const [at, given] = cursor === undefined ? [Number.MAX_SAFE_INTEGER, 0] : cursor.split(':').map(Number);
    const query = { ...selection, settled_at: { $gt: 0, $lte: at! } };
    const found = await reach(() =>
      this.experiments
        .find(query as object)
        .sort({ settled_at: -1 })
        .skip(given!)
        .limit(limit + 1)
        .project<ListedExperiment>(projection)
        .toArray(),
    );
    const items = found.slice(0, limit);
    const end = items.at(-1)?.settled_at;
    if (found.length <= limit || end === undefined) return { items, next_cursor: null };
    const same = items.filter(({ settled_at }) => settled_at === end).length + (end === at ? given! : 0);
    return { items, next_cursor: `${end}:${same}` };
  }

  /** Numbers by state. Those that are not settled are read, and the others are the rest of all. */
  async counts(environments: readonly string[] | null): Promise<Counts> {
    const within = inEnvironments('definition.environment', environments);
    const open = await reach(() =>
      this.experiments
        .find({ held: 'open', ...within } as object)
        .project<Pick<ExperimentDocument, 'state'>>({ state: 1 })
        .toArray(),
    );
    const counts: Counts = {};
    for (const { state } of open) counts[state] = (counts[state] ?? 0) + 1;
    const settled =
      environments === null ? await this.settled(open.length) : await this.settledWithin(within);
    return settled > 0 ? { ...counts, completed: (counts.completed ?? 0) + settled } : counts;
  }

  /** How many are settled, where so many are not: the server knows how many there are without looking at them. */
  private async settled(open: number): Promise<number> {
    const all = await reach(() => this.experiments.estimatedDocumentCount());
    return Math.max(0, all - open - (await this.found({ deleted: true })));
  }

  private async settledWithin(within: object): Promise<number> {
    return this.found({ state: 'completed', settled_at: { $gt: 0 }, ...within });
  }

  private async found(query: object): Promise<number> {
    const ids = await reach(() =>
      this.experiments.find(query).limit(MOST_COUNTED).project<{ _id: string }>({ _id: 1 }).toArray(),
    );
    return ids.length;
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

function selectionOf(filter: ListFilter): object {
  const { ids, state, ended, tag, owner, layer_id, outcome, q, needs, environments } = filter;
  // What an index can find stands alone; alternatives are all to be met, so they cannot stand beside one another.
  const alternatives = [
    ...(q === undefined ? [] : [{ $or: [{ _id: plain(q) }, { 'definition.name': plain(q) }] }]),
    ...(needs === undefined ? [] : [NEEDS_SOMEBODY]),
    ...(ended === true && state !== undefined ? [{ state }] : []),
    ...(ended === true && ids !== undefined ? [{ _id: { $in: ids } }] : []),
    inEnvironments('definition.environment', environments),
  ].filter((one) => Object.keys(one).length > 0);
  return {
    deleted: { $exists: false },
    ...(state !== undefined && { state }),
    ...(ended === true && { state: 'completed' }),
    ...((ended === false || needs !== undefined) && { held: 'open' }),
    ...(tag !== undefined && { 'definition.tags': tag }),
    ...(owner !== undefined && { 'definition.owner': owner }),
    ...(layer_id !== undefined && { 'definition.layer_id': layer_id }),
    ...(outcome !== undefined && { 'view.outcome': outcome }),
    ...(alternatives.length > 0 && { $and: alternatives }),
  };
}

const NEEDS_SOMEBODY = {
  state: { $ne: 'completed' },
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
