import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { StartError } from '../start-error.js';
import { makeDataFolder, unusable } from './data-folder.js';

/** A process. When it began tells it from a later process with the same id. */
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
 * Lets one process tree at a time use a data folder. A lock of a holder that was killed is taken over, after the
 * children that the holder left running are ended.
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
   * @param children ids of the processes that use the folder; called each second
   * @throws {StartError} if a living process holds the folder, or it cannot be written
   */
  static async take(dataDir: string, children: () => number[]): Promise<DataLock> {
    await makeDataFolder(dataDir);
    const path = join(dataDir, 'rampart.lock');
    const before = await readFile(path, 'utf8')
      .then((text) => JSON.parse(text) as LockFile)
      .catch(() => null);
    if (before && before.holder.pid !== process.pid && (await isSame(before.holder))) {
      throw new StartError(
        `RAMPART_DATA_DIR: ${dataDir} is in use by process ${before.holder.pid}: stop it, or name another folder`,
      );
    }
    for (const child of before?.children ?? []) {
      if (!(await isSame(child))) continue;
      process.kill(child.pid, 'SIGKILL');
      while (await isSame(child)) await sleep(20);
    }
    const lock = new DataLock(path, children);
    await lock.write().catch((error: unknown) => {
      throw unusable(dataDir, error);
    });
    const refreshLater = (): void => {
      if (lock.released) return;
      lock.timer = setTimeout(() => void lock.write().then(refreshLater, refreshLater), REFRESH_MS);
    };
    refreshLater();
    return lock;
  }

  /** Writes the children that run now into the file. Writes follow one another, because they share a temporary file. */
  write(): Promise<void> {
    const next = this.last.catch(() => undefined).then(() => this.writeNow());
    this.last = next;
    return next;
  }

  private async writeNow(): Promise<void> {
    const identities = await Promise.all([process.pid, ...this.children()].map(identify));
    const [holder, ...children] = identities.filter((identity) => identity !== null);
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

/** Null if there is no such process. Only on Linux does the kernel say when it began; elsewhere its id must do. */
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
