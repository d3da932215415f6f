import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../config.js';
import { makeDataFolder, unusable } from '../servers/data-folder.js';
import type { Log } from '../servers/server.js';

/**
 * The environment with a secret. Where there is none and a data folder is given, the folder keeps one, in a file that only
 * its owner can read. It is made at the first start.
 *
 * @throws {StartError} where the folder cannot be used
 */
export async function withOwnSecret(environment: Environment, log: Log): Promise<Environment> {
  const { RAMPART_SECRET: secret, RAMPART_DATA_DIR: folder } = environment;
  if (secret || !folder) return environment;
  const path = join(folder, 'secret');
  await makeDataFolder(folder);
  return {
    ...environment,
    RAMPART_SECRET: (await readSecret(path, folder)) ?? (await makeSecret(path, folder, log)),
  };
}

async function readSecret(path: string, folder: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(folder, error);
  }
}

async function makeSecret(path: string, folder: string, log: Log): Promise<string> {
  const secret = randomBytes(32).toString('hex');
  try {
    await writeFile(path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    // Another process has made one at the same moment.
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readSecret(path, folder) : null;
    if (other === null) throw unusable(folder, error);
    return other;
  }
  log(`RAMPART_SECRET is not set: a new one is kept in ${path}; back it up with the data`);
  return secret;
}
