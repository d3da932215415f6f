// What the faults cost: requests for assignments that had no answer, and memory of the processes.
import { readFile } from 'node:fs/promises';

/** How many requests were answered, of those that a living process could have answered. */
export class Availability {
  answered = 0;
  unanswered = 0;

  /** Null where there was none. */
  get share(): number | null {
    const all = this.answered + this.unanswered;
    return all === 0 ? null : this.answered / all;
  }

  add(isAnswered: boolean): void {
    if (isAnswered) this.answered += 1;
    else this.unanswered += 1;
  }
}

/** The most memory that each kind of process ever had, MiB. */
export class Memory {
  readonly most: Record<string, number> = {};

  async read(kind: string, pid: number | undefined): Promise<void> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const mib = Math.round(Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    this.most[kind] = Math.max(this.most[kind] ?? 0, mib);
  }
}
