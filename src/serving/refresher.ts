import type { Pseudonymise } from '../pseudonym.js';
import type { Flag, Segment } from '../model/flag.js';
import type { StoredKey } from '../model/key.js';
import { builtInMetrics } from '../model/metric.js';
import type { Fence, ServedExperiment } from '../model/serving.js';
import { changesSince } from '../store/serving.js';
import type { Store } from '../store/store.js';
import { compile } from './compile.js';
import type { Snapshot } from './snapshot.js';

const PERIOD_MS = 1_000;

export interface RefresherOptions {
  store: Store;
  environment: string;
  /** How long the last good snapshot may serve experiments while MongoDB is away, ms. */
  serve_stale_max: number;
  pseudonymise: Pseudonymise;
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
  private readonly flags = new Map<string, Flag>();
  private readonly segments = new Map<string, Segment>();
  private readonly experiments = new Map<string, ServedExperiment>();
  private readonly keys = new Map<string, StoredKey>();

  constructor(private readonly options: RefresherOptions) {}

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

  /** Reads now: a change made through this process is served by it before the change is answered. */
  async refresh(): Promise<void> {
    // One after the other; a call during a refresh waits for one that begins after it.
    const before = this.running;
    const next = (async () => {
      await before?.catch(() => undefined);
      await this.read().catch(this.options.onError);
    })();
    this.running = next;
    await next;
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
    if (changes === null) await this.readAll();
    else await this.readChanged(changes);
    this.snapshot = this.compile(serving.revision, serving.fences);
    this.goodSince = started;
  }

  private async readAll(): Promise<void> {
    const { store } = this.options;
    const [flags, segments, experiments, keys] = await Promise.all([
      store.flags.all(),
      store.segments.all(),
      this.served('all'),
      store.keys.all(),
    ]);
    replace(
      this.flags,
      flags.map(({ _id, definition }) => [_id, definition]),
    );
    replace(
      this.segments,
      segments.map(({ _id, definition }) => [_id, definition]),
    );
    replace(
      this.experiments,
      experiments.map((one) => [one.experiment_id, one]),
    );
    replace(
      this.keys,
      keys.map((key) => [key._id, key]),
    );
  }

  private async readChanged(changes: readonly string[]): Promise<void> {
    const { store } = this.options;
    const of = (kind: string): string[] =>
      changes.filter((id) => id.startsWith(`${kind}:`)).map((id) => id.slice(kind.length + 1));
    const [flags, segments, experiments] = [of('flag'), of('segment'), of('experiment')];
    if (flags.length > 0) {
      const found = await store.flags.many(flags);
      update(
        this.flags,
        flags,
        found.map(({ _id, definition }) => [_id, definition]),
      );
    }
    if (segments.length > 0) {
      const found = await store.segments.many(segments);
      update(
        this.segments,
        segments,
        found.map(({ _id, definition }) => [_id, definition]),
      );
    }
    if (experiments.length > 0) {
      const found = await this.served(experiments);
      update(
        this.experiments,
        experiments,
        found.map((one) => [one.experiment_id, one]),
      );
    }
    if (of('key').length > 0)
      replace(
        this.keys,
        (await store.keys.all()).map((key) => [key._id, key]),
      );
  }

  private async served(ids: readonly string[] | 'all'): Promise<ServedExperiment[]> {
    const { experiments, exclusions } = this.options.store;
    const [found, excluded] = await Promise.all([experiments.served(ids, Date.now()), exclusions.units(ids)]);
    return found.map((one) => ({ ...one, excluded: excluded.get(one.experiment_id) ?? [] }));
  }

  private compile(revision: number, fences: readonly Fence[]): Snapshot {
    const { flags, experiments, broken } = compile({
      environment: this.options.environment,
      flags: [...this.flags.values()],
      segments: [...this.segments.values()],
      experiments: [...this.experiments.values()],
      fences,
      pseudonymise: this.options.pseudonymise,
    });
    for (const { id, message } of broken) this.options.onBroken(id, message);
    const live = [...this.experiments.values()].filter((one) => one.live);
    return {
      revision,
      flags,
      experiments,
      eventTypes: new Set([
        ...builtInMetrics.map((metric) => metric.event),
        ...live.flatMap((one) => one.event_types),
      ]),
      keys: new Map([...this.keys.values()].map((key) => [key.hash, key])),
    };
  }
}

function replace<T>(map: Map<string, T>, entries: readonly (readonly [string, T])[]): void {
  map.clear();
  for (const [id, value] of entries) map.set(id, value);
}

function update<T>(
  map: Map<string, T>,
  ids: readonly string[],
  found: readonly (readonly [string, T])[],
): void {
  for (const id of ids) map.delete(id);
  for (const [id, value] of found) map.set(id, value);
}
