import type { InstanceStore, ProcessIdentity } from '../store/instances.js';
import { hasEnded, identityOf } from './process-identity.js';
import type { Refresher } from './refresher.js';

const HEARTBEAT_MS = 500;

/** Says again and again that this process lives, and which revision it serves. */
export class Heartbeats {
  private counter = 0;
  private timer: NodeJS.Timeout | undefined;
  private identity: ProcessIdentity | null = null;

  constructor(
    private readonly instances: InstanceStore,
    private readonly refresher: Pick<Refresher, 'snapshot' | 'broken'>,
    private readonly instance_id: string,
    private readonly start_id: string,
  ) {}

  /** The first heartbeat. It also withdraws those of processes of this machine that have ended without doing so. */
  async begin(): Promise<void> {
    this.identity = await identityOf(process.pid);
    await this.send();
    for (const { instance_id, start_id, process: other } of await this.instances.all()) {
      if (other && (await hasEnded(other))) await this.instances.remove(instance_id, start_id);
    }
  }

  async send(): Promise<void> {
    this.counter += 1;
    await this.instances.beat({
      instance_id: this.instance_id,
      start_id: this.start_id,
      counter: this.counter,
      serving_revision: this.refresher.snapshot?.revision ?? -1,
      process: this.identity,
      unserved: this.refresher.broken,
    });
  }

  /** By a timer, not after each refresh, which would be sooner: heartbeats must not depend on refreshes that succeed. */
  repeat(): void {
    this.timer = setInterval(() => void this.send().catch(() => undefined), HEARTBEAT_MS);
  }

  end(): void {
    clearInterval(this.timer);
  }

  /** Others need not wait until they know that this process has ended. */
  async withdraw(): Promise<void> {
    await this.instances.remove(this.instance_id, this.start_id).catch(() => undefined);
  }
}
