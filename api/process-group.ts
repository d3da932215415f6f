// Several API processes on one port: whichever of them answers, it answers for all. They speak with one another through the
// process that started them, which serves nothing itself.
import { AggregatorRegistry, type Registry } from 'prom-client';
import { failure } from '../src/errors.js';

/** How long the processes have for their metrics, ms. One that is too busy counts with what it said last. */
const METRICS_MS = 1_000;
/** A process that is asked waits so long for all of them, ms. */
const TOGETHER_MS = METRICS_MS + 1_000;
/** How often the processes tell one another how many requests they let pass, ms. */
const TELL_MS = 50;

/** The metrics of a process, with how each is added up. */
export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Requests let pass, by caller. */
export type Passed = [caller: string, requests: number][];

export type GroupMessage =
  | { rampart: 'metrics of all'; id: number }
  | { rampart: 'your metrics'; id: number }
  | { rampart: 'my metrics'; id: number; metrics: Metrics }
  | { rampart: 'all metrics'; id: number; text: string }
  | { rampart: 'passed'; limit: string; passed: Passed };

/** The way to another process. Messages to one that has ended are lost. */
export interface Channel {
  send(message: GroupMessage): void;
  onMessage(listener: (message: GroupMessage) => void): void;
}

/** One of the processes. */
export class GroupMember {
  private metrics: Registry | null = null;
  private asked = 0;
  private readonly asking = new Map<number, (text: string) => void>();
  private readonly limits = new Map<string, (passed: Passed) => void>();

  constructor(private readonly channel: Channel) {
    channel.onMessage((message) => void this.take(message));
  }

  /** The metrics that this process adds to those of the others. */
  contribute(metrics: Registry): void {
    this.metrics = metrics;
  }

  /** Prometheus' text format, of all processes together. @throws {RampartError} unavailable */
  metricsOfAll(): Promise<string> {
    const id = (this.asked += 1);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.asking.delete(id);
      };
      const timer = setTimeout(() => {
        end();
        reject(
          failure('unavailable', 'the other API processes do not answer; try again', { retry_after: 5 }),
        );
      }, TOGETHER_MS);
      this.asking.set(id, (text) => {
        end();
        resolve(text);
      });
      this.channel.send({ rampart: 'metrics of all', id });
    });
  }

  /**
   * Shares a limit with the other processes.
   *
   * @param onPassed called with what the others let pass
   * @returns to be called for each request that this one lets pass
   */
  share(limit: string, onPassed: (passed: Passed) => void): (caller: string) => void {
    this.limits.set(limit, onPassed);
    const untold = new Map<string, number>();
    return (caller) => {
      if (untold.size === 0) {
        setTimeout(() => {
          this.channel.send({ rampart: 'passed', limit, passed: [...untold] });
          untold.clear();
        }, TELL_MS).unref();
      }
      untold.set(caller, (untold.get(caller) ?? 0) + 1);
    };
  }

  private async take(message: GroupMessage): Promise<void> {
    if (message.rampart === 'all metrics') this.asking.get(message.id)?.(message.text);
    else if (message.rampart === 'passed') this.limits.get(message.limit)?.(message.passed);
    else if (message.rampart === 'your metrics' && this.metrics) {
      const metrics = await this.metrics.getMetricsAsJSON();
      this.channel.send({ rampart: 'my metrics', id: message.id, metrics });
    }
  }
}

/** The processes, as the one that started them knows them. */
export class Group {
  private readonly members = new Set<Channel>();
  /** What each process that runs said last. */
  private readonly latest = new Map<Channel, Metrics>();
  /** What processes counted that have ended: a total never goes back. */
  private ended: Promise<Metrics> = Promise.resolve([]);
  private round = 0;
  private readonly rounds = new Map<number, (from: Channel) => void>();

  /** @returns to be called when the process has ended */
  join(member: Channel): () => void {
    this.members.add(member);
    member.onMessage((message) => this.take(member, message));
    return () => this.leave(member);
  }

  private leave(member: Channel): void {
    this.members.delete(member);
    const counted = totalsIn(this.latest.get(member) ?? []);
    this.latest.delete(member);
    // One entry a metric, however many processes have ended.
    this.ended = this.ended.then((before) => together([before, counted]).getMetricsAsJSON());
  }

  private take(from: Channel, message: GroupMessage): void {
    if (message.rampart === 'metrics of all') {
      void this.metrics().then((text) => from.send({ rampart: 'all metrics', id: message.id, text }));
    } else if (message.rampart === 'my metrics') {
      if (!this.members.has(from)) return;
      this.latest.set(from, message.metrics);
      this.rounds.get(message.id)?.(from);
    } else if (message.rampart === 'passed') {
      for (const member of this.members) if (member !== from) member.send(message);
    }
  }

  /** Prometheus' text format, of all processes: each metric says how it is added up. */
  private async metrics(): Promise<string> {
    const answered = await this.ask();
    const all = [...this.latest].map(([member, metrics]) =>
      answered.has(member) ? metrics : totalsIn(metrics),
    );
    return together([...all, await this.ended]).metrics();
  }

  /** Those that answered in time. */
  private ask(): Promise<ReadonlySet<Channel>> {
    const id = (this.round += 1);
    const answered = new Set<Channel>();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.rounds.delete(id);
        resolve(answered);
      };
      const timer = setTimeout(end, METRICS_MS);
      this.rounds.set(id, (from) => {
        answered.add(from);
        if (answered.size >= this.members.size) end();
      });
      for (const member of this.members) member.send({ rampart: 'your metrics', id });
    });
  }
}

function together(metrics: readonly Metrics[]): Registry {
  return AggregatorRegistry.aggregate([...metrics]);
}

/** What only grows. */
function totalsIn(metrics: Metrics): Metrics {
  // The type is a word here, which the declarations of prom-client call a number.
  return metrics.filter(({ type }) => ['counter', 'histogram'].includes(type as unknown as string));
}
