import { setTimeout as sleep } from 'node:timers/promises';
import type { Broken } from '../assignment/compiled-document.js';
import { Ruleset } from '../assignment/ruleset.js';
import { acceptedMetric } from '../metrics/metric-schema.js';
import { propertiesOf, propertiesOfAll } from '../metrics/named-properties.js';
import type { Flag, Segment } from '../model/flag.js';
import type { StoredKey } from '../model/key.js';
import { builtInMetrics, type MetricDocument } from '../model/metric.js';
import type { KeptProperty } from '../model/property.js';
import type { StoredPerson } from '../model/person.js';
import { SERVE_STALE_MAX_MS, type Fence, type ServedExperiment } from '../model/serving.js';
import { DAY_MS } from '../model/time.js';
import type { Stored } from '../store/definitions.js';
import type { MarkedUnit } from '../store/marked-units.js';
import type { ServedId, ServedKind } from '../store/serving.js';
import type { Store } from '../store/store.js';
import { markDigest } from '../secrets/pseudonym.js';
import type { FieldSealing, Sealed } from '../secrets/field-sealing.js';
import { openUnit } from '../secrets/unit-secret.js';
import { DocumentMaker } from './document.js';
import type { ServingSnapshot } from './serving-snapshot.js';

const PERIOD_MS = 1_000;
/** The least time between two reads that callers of `catchUp` cause. */
const CATCH_UP_MS = 100;
/** How often all experiments are read again, ms: so those that ended long ago leave this process's memory. */
const FORGET_MS = DAY_MS;

/** The ids of definitions to read; `all` when the log of changes no longer reaches back far enough. */
type Ids = readonly string[] | 'all';

export interface RefresherOptions {
  store: Store;
  environment: string;
  /** Salt of the marks of units; public. */
  salt: string;
  sealing: Pick<FieldSealing, 'open'>;
  /** Called after each swap. */
  onChange: (snapshot: ServingSnapshot) => void;
  onBroken: (id: string, message: string) => void;
  onError: (error: unknown) => void;
}

/**
 * Keeps what this process serves up to date. It polls the `serving` document each second, reads what changed, compiles
 * a new snapshot and swaps it in. While MongoDB is unreachable, the last good snapshot stays.
 */
export class Refresher {
  snapshot: ServingSnapshot | null = null;
  /** What the snapshot leaves out although it is defined, and why. */
  broken: readonly Broken[] = [];
  private goodSince = -Infinity;
  /** When all experiments were read, and not only those that changed. */
  private experimentsReadAt = -Infinity;
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;
  /** The read that is under way. */
  private current: Promise<void> | null = null;
  /** The read after it, which has not begun. */
  private next: Promise<void> | null = null;
  private catchingUp: Promise<void> | null = null;
  private readonly flags = new Map<string, Stored<Flag>>();
  private readonly segments = new Map<string, Segment>();
  private readonly experiments = new Map<string, ServedExperiment>();
  /** The properties that defined metrics name, by metric. */
  private readonly properties = new Map<string, KeptProperty[]>();
  private readonly keys = new Map<string, StoredKey>();
  /** By the hash of the key. A new map only when a key has changed: the authenticator caches by it. */
  private keysByHash: ReadonlyMap<string, StoredKey> = new Map();
  /** A new map only when somebody has changed. */
  private people: ReadonlyMap<string, StoredPerson> = new Map();
  /** Marks of the units that opted out, by their pseudonyms. */
  private readonly optOuts = new Map<string, string>();
  private readonly maker: DocumentMaker;
  private readonly readers: Record<ServedKind, (ids: Ids) => Promise<void>>;

  constructor(private readonly options: RefresherOptions) {
    const { store, environment, salt } = options;
    this.maker = new DocumentMaker({ environment, stale_after_ms: SERVE_STALE_MAX_MS, salt });
    const reader =
      <T>(map: Map<string, T>, read: (ids: Ids) => Promise<(readonly [string, T])[]>) =>
      async (ids: Ids): Promise<void> => {
        const found = await read(ids);
        if (ids === 'all') map.clear();
        else for (const id of ids) map.delete(id);
        for (const [id, value] of found) map.set(id, value);
      };
    this.readers = {
      flag: reader(this.flags, async (ids) => {
        const found = await (ids === 'all' ? store.flags.all() : store.flags.many(ids));
        return found.map((stored) => [stored._id, stored]);
      }),
      segment: reader(this.segments, async (ids) => {
        const found = await (ids === 'all' ? store.segments.all() : store.segments.many(ids));
        return found.map(({ _id, definition }) => [_id, definition]);
      }),
      experiment: reader(this.experiments, async (ids) =>
        (await this.readExperiments(ids)).map((served) => [served.experiment_id, served]),
      ),
      metric: reader(this.properties, async (ids) => {
        const found = await (ids === 'all' ? store.metrics.all() : store.metrics.many(ids));
        return found.map(({ _id, definition }) => [_id, this.propertiesIn(_id, definition)]);
      }),
      'opt-out': reader(this.optOuts, async (ids) =>
        (await (ids === 'all' ? store.optOuts.all() : store.optOuts.many(ids))).flatMap(({ _id, sealed }) =>
          this.marksOf(`opt-out:${_id}`, sealed).map(({ mark }) => [_id, mark] as const),
        ),
      ),
      key: async () => {
        await reader(this.keys, async () => (await store.keys.all()).map((key) => [key._id, key]))('all');
        this.keysByHash = new Map([...this.keys.values()].map((key) => [key.hash, key]));
      },
      person: async (ids) => {
        const people = new Map(this.people);
        await reader(people, async (wanted) => {
          const found = await (wanted === 'all' ? store.people.all() : store.people.many(wanted));
          return found.map((person) => [person._id, person]);
        })(ids);
        this.people = people;
      },
    };
  }

  /** Reads once, then each second until `stop`. A read that fails is reported and tried again. */
  async start(): Promise<void> {
    await this.refresh();
    const tick = (): void => {
      // `stop` may come during a read.
      if (this.isStopped) return;
      this.timer = setTimeout(() => void this.refresh().then(tick, tick), PERIOD_MS);
    };
    tick();
  }

  stop(): void {
    this.isStopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /** Milliseconds since the last good read began. */
  age(): number {
    return performance.now() - this.goodSince;
  }

  /** Whether experiments must serve their control, because this process may have missed a rollback. */
  isStale(): boolean {
    return this.age() > SERVE_STALE_MAX_MS;
  }

  /**
   * Reads now, so that this process serves a change before it answers the request that made it. A call during a read
   * waits for a read that begins after the call; all such calls share it.
   */
  refresh(): Promise<void> {
    this.next ??= this.readAfterCurrent();
    return this.next;
  }

  private async readAfterCurrent(): Promise<void> {
    await this.current;
    this.next = null;
    this.current = this.read().catch(this.options.onError);
    await this.current;
  }

  /** A read for callers that met an id which this snapshot lacks. They share it, and it is rare enough to be cheap. */
  catchUp(): Promise<void> {
    this.catchingUp ??= (async () => {
      await sleep(Math.max(0, CATCH_UP_MS - this.age()));
      this.catchingUp = null;
      await this.refresh();
    })();
    return this.catchingUp;
  }

  private async read(): Promise<void> {
    const started = performance.now();
    const { store } = this.options;
    const serving = await store.serving.read();
    if (this.snapshot?.revision === serving.revision) {
      this.goodSince = started;
      return;
    }
    const changes = this.snapshot ? await store.serving.changesSince(serving, this.snapshot.revision) : null;
    const areOld = started - this.experimentsReadAt > FORGET_MS;
    for (const [kind, read] of Object.entries(this.readers)) {
      const ids = changes === null || (kind === 'experiment' && areOld) ? 'all' : idsOf(kind, changes);
      if (ids === 'all' || ids.length > 0) await read(ids);
      if (ids === 'all' && kind === 'experiment') this.experimentsReadAt = started;
    }
    this.snapshot = this.compile(serving.revision, serving.fences);
    this.goodSince = started;
    this.options.onChange(this.snapshot);
  }

  private async readExperiments(ids: Ids): Promise<ServedExperiment[]> {
    const { experiments, exclusions, overrides } = this.options.store;
    const found = await experiments.served(ids, Date.now());
    const served = found.map(({ experiment_id }) => experiment_id);
    const [excluded, overridden] = await Promise.all([exclusions.many(served), overrides.many(served)]);
    const [excludedFrom, overriddenIn] = [byExperiment(excluded), byExperiment(overridden)];
    return found.map((experiment) => ({
      ...experiment,
      excluded: (excludedFrom.get(experiment.experiment_id) ?? []).flatMap((unit) =>
        this.marksOf(`exclusion:${experiment.experiment_id}`, unit.sealed).map(({ mark }) => mark),
      ),
      overrides: Object.fromEntries(
        (overriddenIn.get(experiment.experiment_id) ?? []).flatMap((unit) =>
          this.marksOf(`override:${experiment.experiment_id}`, unit.sealed).map(
            ({ mark, variant = experiment.control }) => [mark, variant] as const,
          ),
        ),
      ),
    }));
  }

  /** The mark of a unit. None where its record cannot be read, which is reported: the rest is served all the same. */
  private marksOf(id: string, sealed: Sealed): { mark: string; variant: string | undefined }[] {
    const { salt, sealing } = this.options;
    const unit = openUnit(sealing, sealed);
    if (unit) return [{ mark: markDigest(salt + unit.unit_id), variant: unit.variant }];
    this.options.onBroken(
      id,
      'its unit cannot be read: the record was damaged, or sealed under another RAMPART_SECRET',
    );
    return [];
  }

  /** None of a metric that cannot be read, which is reported: other metrics keep theirs. */
  private propertiesIn(id: string, definition: MetricDocument): KeptProperty[] {
    try {
      return propertiesOf(acceptedMetric(definition));
    } catch (error) {
      this.options.onBroken(`metric:${id}`, `it cannot be read: ${(error as Error).message}`);
      return [];
    }
  }

  private compile(revision: number, fences: readonly Fence[]): ServingSnapshot {
    const document = this.maker.make(revision, {
      flags: this.flags,
      segments: this.segments,
      experiments: this.experiments,
      fences,
      opted_out: new Set(this.optOuts.values()),
    });
    const previous = this.snapshot?.ruleset ?? null;
    const ruleset = new Ruleset(document, { digest: markDigest, previous });
    const known = new Set(this.broken.map(({ id }) => id));
    this.broken = [...this.maker.broken, ...ruleset.broken];
    for (const { id, message } of this.broken) if (!known.has(id)) this.options.onBroken(id, message);
    const live = [...this.experiments.values()].filter((experiment) => experiment.live);
    return {
      revision,
      ruleset,
      experiments: new Map(this.experiments),
      eventTypes: new Set([
        ...builtInMetrics.map((metric) => metric.event),
        ...live.flatMap(({ event_types }) => event_types),
      ]),
      valueLimits: leastLimits(live),
      properties: propertiesOfAll([
        ...[...this.properties.values()].flat(),
        ...live.flatMap(({ properties }) => properties),
      ]),
      keys: this.keysByHash,
      people: this.people,
    };
  }
}

function byExperiment<T extends MarkedUnit>(units: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const unit of units) {
    const others = found.get(unit.experiment_id);
    if (others) others.push(unit);
    else found.set(unit.experiment_id, [unit]);
  }
  return found;
}

function leastLimits(live: readonly Pick<ServedExperiment, 'value_limits'>[]): Map<string, number> {
  const least = new Map<string, number>();
  for (const { value_limits } of live) {
    for (const [type, limit] of Object.entries(value_limits))
      least.set(type, Math.min(least.get(type) ?? Infinity, limit));
  }
  return least;
}

function idsOf(kind: string, changes: readonly ServedId[]): string[] {
  return changes.filter((id) => id.startsWith(`${kind}:`)).map((id) => id.slice(kind.length + 1));
}
