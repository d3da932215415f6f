// What the faults cost: requests for assignments that had no good answer, and memory of the processes.
import { Agent, request } from 'node:http';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request is sent so often, ms, whether the one before was answered or not: an outage costs what it lasts. */
const PERIOD_MS = 20;
/** How often each address is asked whether it is ready, and how long it has to answer, ms. */
const PROBE_MS = 200;
const UNITS = 200;
const SHOWN = 20;

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** A request for an assignment that had no good answer, in words. */
type Failure = string;

/**
 * A service that needs assignments, as it is run in earnest: two API processes at two addresses. It asks those that say that
 * they are ready, in turn, and where one gives no answer, the other, once. An answer is good where it has the variant that
 * the unit had from the beginning.
 */
export class Service {
  asked = 0;
  /** Had a good answer from the address that was asked first. */
  good_at_first = 0;
  /** Had a good answer from either. */
  good = 0;
  readonly failures: Failure[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly variants = new Map<string, unknown>();
  private readonly ready: boolean[];
  private readonly waiting = new Set<Promise<void>>();
  private turn = 0;
  private began = performance.now();

  /**
   * @param addresses urls of the API processes
   * @param patience_ms how long an address has to answer
   */
  constructor(
    private readonly addresses: readonly string[],
    private readonly experiment_id: string,
    private readonly key: string,
    private readonly patience_ms: number,
  ) {
    this.ready = addresses.map(() => true);
  }

  /** Asks until it is told to stop. */
  async run(isOver: () => boolean): Promise<void> {
    this.began = performance.now();
    const probing = this.addresses.map((_, n) => this.probe(n, isOver));
    for (let due = this.began; !isOver(); due += PERIOD_MS) {
      await sleep(Math.max(0, due - performance.now()));
      const one = this.assign().finally(() => this.waiting.delete(one));
      this.waiting.add(one);
    }
    await Promise.all([...this.waiting, ...probing]);
    this.agent.destroy();
  }

  private async probe(n: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      this.ready[n] =
        (await this.send(this.addresses[n]!, 'GET', '/readyz').catch(() => null))?.status === 200;
      await sleep(PROBE_MS);
    }
  }

  private async assign(): Promise<void> {
    const unit_id = `served-${Math.floor(Math.random() * UNITS)}`;
    const first = (this.turn += 1) % this.addresses.length;
    const order = this.addresses.map((_, n) => (first + n) % this.addresses.length);
    const [chosen, other] = [...order.filter((n) => this.ready[n]), ...order.filter((n) => !this.ready[n])];
    this.asked += 1;
    const problem = await this.problem(this.addresses[chosen!]!, unit_id);
    if (problem === null) {
      this.good_at_first += 1;
      this.good += 1;
      return;
    }
    const second = await this.problem(this.addresses[other!]!, unit_id);
    if (second === null) this.good += 1;
    else if (this.failures.length < SHOWN) {
      const at = ((performance.now() - this.began) / 1_000).toFixed(1);
      this.failures.push(`at ${at} s: ${problem}, then ${second}`);
    }
  }

  /** What is wrong with the answer of one address; null where it is good. */
  private async problem(address: string, unit_id: string): Promise<string | null> {
    try {
      const path = `/v1/experiments/${this.experiment_id}/assignments`;
      const { status, body } = await this.send(address, 'POST', path, { unit_id, exposure: false });
      if (status !== 200) return `${status} ${String(body['code'])}`;
      const variant = body['variant'];
      if (body['in_experiment'] !== true) return `${String(body['reason'])} for ${unit_id}`;
      const before = this.variants.get(unit_id) ?? variant;
      this.variants.set(unit_id, before);
      return before === variant ? null : `${unit_id} changed from ${String(before)} to ${String(variant)}`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private send(address: string, method: string, path: string, body?: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(this.patience_ms);
      const sent = request(
        `${address}${path}`,
        { method, headers, agent: this.agent, signal },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('error', reject);
          response.on('end', () => {
            try {
              resolve({ status: response.statusCode!, body: JSON.parse(text) as Reply['body'] });
            } catch {
              reject(new Error(`no JSON: ${text.slice(0, 100)}`));
            }
          });
        },
      );
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }
}

/** Memory of one kind of process, MiB: when it was read first and last, and the most. */
export interface Size {
  first: number;
  last: number;
  most: number;
}

export class Memory {
  readonly sizes: Record<string, Size> = {};

  async read(kind: string, pid: number | undefined): Promise<void> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kib = /^VmRSS:\s*(\d+)/m.exec(status)?.[1];
    if (kib === undefined) return;
    const mib = Math.round(Number(kib) / 1024);
    const { first, most } = this.sizes[kind] ?? { first: mib, most: 0 };
    this.sizes[kind] = { first, last: mib, most: Math.max(most, mib) };
  }
}
