import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { firstLine, StartError } from '../start-error.js';

/**
 * Makes a folder, and those above it that are missing. One by one: Node's own way, `recursive`, never ends where the system
 * says that a folder which is there does not exist, as in /proc.
 *
 * @throws {StartError} where there is none, and none can be made
 */
export async function makeDataFolder(path: string): Promise<void> {
  const missing: string[] = [];
  let existing = resolve(path);
  while (!(await isFolder(existing, path))) {
    missing.unshift(existing);
    existing = dirname(existing);
  }
  for (const folder of missing) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw unusable(path, error);
    });
  }
}

async function isFolder(candidate: string, wanted: string): Promise<boolean> {
  try {
    if ((await stat(candidate)).isDirectory()) return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'ENOTDIR') throw unusable(wanted, error);
    return false;
  }
  throw new StartError(`RAMPART_DATA_DIR: ${candidate} is a file: name a folder`);
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'the system does not let anybody make it',
};

/** Why a data folder cannot be used. */
export function unusable(path: string, error: unknown): StartError {
  const { code = '' } = error as NodeJS.ErrnoException;
  return new StartError(
    `RAMPART_DATA_DIR: ${path} cannot be used (${REASONS[code] ?? firstLine(error)}): name a folder that can be written`,
  );
}
