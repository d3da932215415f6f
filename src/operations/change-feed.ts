import type { ObservedInstance } from '../serving/liveness.js';
import type { AuditEntry } from '../store/audit.js';
import type { ExperimentVersion } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';

/** Something that people see has changed. `reset`: from now on all that changes is told, and nothing of what happened before. */
export interface ChangeNotice {
  type: 'experiment' | 'look' | 'timeline' | 'definition' | 'stop' | 'process' | 'reset';
  id: string;
  version: number;
  at: string;
  /** Where an experiment runs: undefined in every environment, null not known. Absent for what is no experiment. */
  environment?: string | null | undefined;
}

type Listener = (notice: ChangeNotice) => void;

const PERIOD_MS = 1_000;
/** Entries of the audit trail that one round reads; the next round goes on from there. */
const MOST_ENTRIES = 200;

export interface ChangeFeedOptions {
  store: Pick<Store, 'experiments' | 'audit'>;
  observe: () => Promise<ObservedInstance[]>;
  onError: (error: unknown) => void;
}

/**
 * Tells what has changed since the last look at the store, whoever changed it: every process sees the same. It reads only
 * while somebody listens: the versions of the experiments that are not over, the newest entries of the audit trail, and the
 * heartbeats. Who listens is told `reset` once there is something to compare with, and must read anew what it read before.
 */
export class ChangeFeed {
  private readonly listeners = new Set<Listener>();
  /** Those that wait for their `reset`. */
  private readonly waiting = new Set<Listener>();
  private timer: NodeJS.Timeout | null = null;
  private isReading = false;
  /** What was seen last; null where nobody has listened for a while. */
  private seen: Seen | null = null;
  /** Entries are written before their change is made, so each is told a second time in the next round. */
  private toRepeat: ChangeNotice[] = [];

  constructor(private readonly options: ChangeFeedOptions) {}

  /** Returns what ends it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.waiting.add(listener);
    void this.round();
    this.timer ??= setInterval(() => void this.round(), PERIOD_MS).unref();
    return () => {
      this.listeners.delete(listener);
      this.waiting.delete(listener);
      if (this.listeners.size > 0) return;
      if (this.timer !== null) clearInterval(this.timer);
      this.timer = null;
      this.seen = null;
      this.toRepeat = [];
    };
  }

  /** One look at the store. It is public so that tests need no clock. */
  async round(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      await this.read();
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.isReading = false;
    }
  }

  private async read(): Promise<void> {
    const { store, observe } = this.options;
    const before = this.seen;
    const [versions, instances] = await Promise.all([store.experiments.openVersions(), observe()]);
    const experiments = new Map(versions.map((one) => [one._id, one]));
    const processes = new Map(instances.map((one) => [one.instance_id, stateOf(one)]));
    const at = new Date().toISOString();
    if (before === null) {
      this.seen = { experiments, processes, audited: await store.audit.newest() };
      this.greet(at);
      return;
    }
    const entries = await store.audit.list({ after: before.audited }, MOST_ENTRIES);
    this.seen = { experiments, processes, audited: entries.at(-1)?._id ?? before.audited };
    const told = entries.map((entry) => ofEntry(entry, experiments));
    for (const notice of [
      ...experimentNotices(before.experiments, experiments, at),
      ...processNotices(before.processes, processes, at),
      ...this.toRepeat,
      ...told,
    ]) {
      for (const listener of this.listeners) listener(notice);
    }
    this.toRepeat = told;
    this.greet(at);
  }

  private greet(at: string): void {
    for (const listener of this.waiting) listener({ type: 'reset', id: '', version: 0, at });
    this.waiting.clear();
  }
}

interface Seen {
  experiments: ReadonlyMap<string, ExperimentVersion>;
  processes: ReadonlyMap<string, string>;
  audited: number;
}

function experimentNotices(
  before: ReadonlyMap<string, ExperimentVersion>,
  after: ReadonlyMap<string, ExperimentVersion>,
  at: string,
): ChangeNotice[] {
  const notices: ChangeNotice[] = [];
  for (const [id, now] of after) {
    const then = before.get(id);
    const { version, environment } = now;
    if (then?.version !== version || then.served_revision !== now.served_revision)
      notices.push(
        { type: 'experiment', id, version, at, environment },
        { type: 'timeline', id, version, at, environment },
      );
    if (then !== undefined && then.looked_at !== now.looked_at)
      notices.push({ type: 'look', id, version, at, environment });
  }
  // One that is over and settled is no longer among them.
  for (const [id, { version, environment }] of before)
    if (!after.has(id)) notices.push({ type: 'experiment', id, version, at, environment });
  return notices;
}

function processNotices(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  at: string,
): ChangeNotice[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids]
    .filter((id) => before.get(id) !== after.get(id))
    .map((id) => ({ type: 'process', id, version: 0, at }));
}

/** All of a process that people see. */
function stateOf({ live, serving_revision, start_id }: ObservedInstance): string {
  return `${start_id} ${live} ${serving_revision}`;
}

/** What an entry of the audit trail is about. */
function ofEntry(
  { _id, at, subject: { type, id } }: AuditEntry,
  experiments: ReadonlyMap<string, ExperimentVersion>,
): ChangeNotice {
  const version = _id;
  switch (type) {
    case 'emergency_stop':
      return { type: 'stop', id, version, at };
    case 'experiment':
      return { type: 'experiment', id, version, at, environment: environmentOf(experiments.get(id)) };
    default:
      return { type: 'definition', id, version, at };
  }
}

function environmentOf(experiment: ExperimentVersion | undefined): string | null | undefined {
  return experiment === undefined ? null : experiment.environment;
}
