import { setTimeout as sleep } from 'node:timers/promises';
import { Ruleset } from '../assignment/ruleset.js';
import type { Flag, Segment } from '../model/flag.js';
import type { StoredKey } from '../model/key.js';
import { builtInMetrics } from '../model/metric.js';
import type { Fence, ServedExperiment } from '../model/serving.js';
import type { Stored } from '../store/definitions.js';
import type { MarkedUnit } from '../store/marked-units.js';
import { changesSince, type ServedId, type ServedKind } from '../store/serving.js';
import type { Store } from '../store/store.js';
import { markDigest } from '../secrets/pseudonym.js';
import type { Sealing } from '../secrets/sealing.js';
import { DocumentMaker } from './document.js';
import type { Snapshot } from './snapshot.js';

const PERIOD_MS = 1_000;
const CATCH_UP_MS = 100;

export interface RefresherOptions {
  store: Store;
  environment: string;
  /** How long the last good snapshot may serve experiments while MongoDB is away, ms. */
  serve_stale_max: number;
  /** Of the marks of units, public. */
  salt: string;
  sealing: Sealing;
  /** After each swap. */
  onChange: (snapshot: Snapshot) => void;
  onBroken: (id: string, message: string) => void;
  onError: (error: unknown) => void;
}

/**
 * Keeps what this process serves: polls the one `serving` document each second, reads what changed, compiles, and
 * swaps the snapshot at once. While MongoDB is away the last good one goes on serving.
 */
export class Refresher {
  snapshot: Snapshot | null = null;
  private goodSince = -Infinity;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private next: Promise<void> | null = null;
  private catchingUp: Promise<void> | null = null;
  private readonly flags = new Map<string, Stored<Flag>>();
  private readonly segments = new Map<string, Segment>();
  private readonly experiments = new Map<string, ServedExperiment>();
  private readonly keys = new Map<string, StoredKey>();
  /** By the hash of the key; a new map only when a key has changed. */
  private keysByHash: ReadonlyMap<string, StoredKey> = new Map();
  /** Marks by the pseudonyms of those who opted out. */
  private readonly optOuts = new Map<string, string>();
  private readonly maker: DocumentMaker;
  private readonly readers: Record<ServedKind, (ids: readonly string[] | 'all') => Promise<void>>;

  constructor(private readonly options: RefresherOptions) {
    const { store, environment, serve_stale_max, salt } = options;
    this.maker = new DocumentMaker({ environment, stale_after_ms: serve_stale_max, salt });
    const reader =
      <T>(map: Map<string, T>, read: (ids: readonly string[] | 'all') => Promise<(readonly [string, T])[]>) =>
      async (ids: readonly string[] | 'all'): Promise<void> => {
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
        (await this.served(ids)).map((one) => [one.experiment_id, one]),
      ),
      'opt-out': reader(this.optOuts, async (ids) =>
        (await store.optOuts.many(ids)).map(({ _id, sealed_unit_id }) => [_id, this.markOf(sealed_unit_id)]),
      ),
      key: async () => {
        await reader(this.keys, async () => (await store.keys.all()).map((key) => [key._id, key]))('all');
        this.keysByHash = new Map([...this.keys.values()].map((key) => [key.hash, key]));
      },
    };
  }

  /** Loads for the first time, trying until it succeeds, then refreshes for ever. */
  async start(): Promise<void> {
    await this.refresh();
    const tick = (): void => {
      this.timer = setTimeout(() => void this.refresh().then(tick, tick), PERIOD_MS);
    };
    tick();
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
  }

  /** Milliseconds since the start of the last good read. */
  age(): number {
    return performance.now() - this.goodSince;
  }

  /** Whether experiments must be served their control, for nobody knows what has happened to them since. */
  isStale(): boolean {
    return this.age() > this.options.serve_stale_max;
  }

  /**
   * Reads now: a change made through this process is served by it before the change is answered. A call during a
   * read waits for one that begins after it, which all such calls share.
   */
  refresh(): Promise<void> {
    this.next ??= this.afterThisOne();
    return this.next;
  }

  private async afterThisOne(): Promise<void> {
    await this.running;
    this.next = null;
    this.running = this.read().catch(this.options.onError);
    await this.running;
  }

  /** Reads for those who met what this snapshot does not know: shared by them, and seldom enough to cost little. */
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
    const changes = this.snapshot ? changesSince(serving, this.snapshot.revision) : null;
    for (const [kind, read] of Object.entries(this.readers)) {
      const ids = changes === null ? 'all' : idsOf(kind, changes);
      if (ids === 'all' || ids.length > 0) await read(ids);
    }
    this.snapshot = this.compile(serving.revision, serving.fences);
    this.goodSince = started;
    this.options.onChange(this.snapshot);
  }

  private async served(ids: readonly string[] | 'all'): Promise<ServedExperiment[]> {
    const { experiments, exclusions, overrides } = this.options.store;
    const [found, excluded, overridden] = await Promise.all([
      experiments.served(ids, Date.now()),
      exclusions.many(ids),
      overrides.many(ids),
    ]);
    const of = <T extends MarkedUnit>(all: readonly T[], id: string): T[] =>
      all.filter(({ experiment_id }) => experiment_id === id);
    return found.map((one) => ({
      ...one,
      excluded: of(excluded, one.experiment_id).map(({ sealed_unit_id }) => this.markOf(sealed_unit_id)),
      overrides: Object.fromEntries(
        of(overridden, one.experiment_id).map(({ sealed_unit_id, variant }) => [
          this.markOf(sealed_unit_id),
          variant,
        ]),
      ),
    }));
  }

  private markOf(sealed_unit_id: string): string {
    return markDigest(this.options.salt + this.options.sealing.open(sealed_unit_id));
  }

  private compile(revision: number, fences: readonly Fence[]): Snapshot {
    const document = this.maker.make(revision, {
      flags: this.flags,
      segments: this.segments,
      experiments: this.experiments,
      fences,
      opted_out: new Set(this.optOuts.values()),
    });
    const previous = this.snapshot?.ruleset ?? null;
    const ruleset = new Ruleset(document, { digest: markDigest, previous });
    for (const { id, message } of [...this.maker.broken, ...ruleset.broken])
      this.options.onBroken(id, message);
    const live = [...this.experiments.values()].filter((one) => one.live);
    return {
      revision,
      ruleset,
      experiments: new Map(this.experiments),
      eventTypes: new Set([
        ...builtInMetrics.map((metric) => metric.event),
        ...live.flatMap((one) => one.event_types),
      ]),
      keys: this.keysByHash,
    };
  }
}

function idsOf(kind: string, changes: readonly ServedId[]): string[] {
  return changes.filter((id) => id.startsWith(`${kind}:`)).map((id) => id.slice(kind.length + 1));
}
