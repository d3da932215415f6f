import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from './process.js';

/** A process, told from a later one of the same number by when it began. */
interface Identity {
  pid: number;
  began: string;
}

interface LockFile {
  holder: Identity;
  children: Identity[];
}

const REFRESH_MS = 1_000;

/**
 * A data folder belongs to one process tree at a time. A holder that was killed is no hindrance: what it left
 * running is ended, and the lock taken over.
 */
export class DataLock {
  private timer: NodeJS.Timeout | null = null;
  private last: Promise<void> = Promise.resolve();
  private released = false;

  private constructor(
    private readonly path: string,
    private readonly children: () => number[],
  ) {}

  /**
   * @param children pids of the servers that run on the folder, asked again and again
   * @throws {Error} where a living process holds the folder
   */
  static async take(dataDir: string, children: () => number[]): Promise<DataLock> {
    await mkdir(dataDir, { recursive: true });
    const path = join(dataDir, 'rampart.lock');
    const before = await readFile(path, 'utf8')
      .then((text) => JSON.parse(text) as LockFile)
      .catch(() => null);
    if (before && before.holder.pid !== process.pid && (await isSame(before.holder))) {
      throw new Error(
        `${dataDir} is in use by process ${before.holder.pid}: stop it first, or name another folder`,
      );
    }
    for (const child of before?.children ?? []) {
      if (!(await isSame(child))) continue;
      process.kill(child.pid, 'SIGKILL');
      while (await isSame(child)) await sleep(20);
    }
    const lock = new DataLock(path, children);
    await lock.write();
    const again = (): void => {
      if (lock.released) return;
      lock.timer = setTimeout(() => void lock.write().then(again, again), REFRESH_MS);
    };
    again();
    return lock;
  }

  /** Writes down the children that run now. One write after the other, for they share a file. */
  write(): Promise<void> {
    const next = this.last.catch(() => undefined).then(() => this.writeNow());
    this.last = next;
    return next;
  }

  private async writeNow(): Promise<void> {
    const identities = await Promise.all([process.pid, ...this.children()].map(identify));
    const [holder, ...children] = identities.filter((one) => one !== null);
    await writeFile(`${this.path}.new`, JSON.stringify({ holder, children }));
    await rename(`${this.path}.new`, this.path);
  }

  async release(): Promise<void> {
    this.released = true;
    if (this.timer) clearTimeout(this.timer);
    await this.last.catch(() => undefined);
    await rm(this.path, { force: true });
  }
}

async function isSame({ pid, began }: Identity): Promise<boolean> {
  return (await identify(pid))?.began === began;
}

/** On Linux the kernel tells when a process began; elsewhere its mere existence has to do. */
async function identify(pid: number): Promise<Identity | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : { pid, began: fields[19]! };
  } catch {
    if (process.platform === 'linux') return null;
  }
  try {
    process.kill(pid, 0);
    return { pid, began: 'unknown' };
  } catch {
    return null;
  }
}
