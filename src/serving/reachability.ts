import type { ReconciliationDocument } from '../store/reconciliation.js';

/** How often the servers are asked, ms. */
const PERIOD_MS = 3_000;

export type ServerState = 'up' | 'down';

export interface ReachabilityOptions {
  /** Each answers or fails within a time of its own. */
  askMongodb: () => Promise<boolean>;
  askTemporal: () => Promise<boolean>;
  readReconciliation: () => Promise<ReconciliationDocument | null>;
}

/**
 * Asks MongoDB and Temporal every few seconds whether they are there, so that probes are answered at once from what is known.
 * Nobody is up before the first answer.
 */
export class Reachability {
  mongodb: ServerState = 'down';
  temporal: ServerState = 'down';
  /** The latest round of reconciliation; null before one was read. */
  reconciliation: ReconciliationDocument | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isEnded = false;

  constructor(private readonly options: ReachabilityOptions) {}

  /** Asks now, then again and again until `stop`. */
  start(): void {
    const round = async (): Promise<void> => {
      await this.ask();
      if (!this.isEnded) this.timer = setTimeout(() => void round(), PERIOD_MS).unref();
    };
    void round();
  }

  stop(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
  }

  /** One round. Each answer counts as soon as it is there, so a server that hangs does not hide the other one. */
  async ask(): Promise<void> {
    const { askMongodb, askTemporal, readReconciliation } = this.options;
    await Promise.all([
      stateOf(askMongodb).then((state) => (this.mongodb = state)),
      stateOf(askTemporal).then((state) => (this.temporal = state)),
      readReconciliation().then(
        (latest) => (this.reconciliation = latest),
        () => undefined,
      ),
    ]);
  }
}

function stateOf(ask: () => Promise<boolean>): Promise<ServerState> {
  return ask().then(
    (isUp) => (isUp ? 'up' : 'down'),
    () => 'down' as const,
  );
}
