// Finds the Prometheus that the tests run, and its promtool, or fetches them.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function found(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function both() {
  const [prometheus, promtool] = [found('prometheus'), found('promtool')];
  return prometheus && promtool ? { prometheus, promtool } : null;
}

/** The paths of both programs. If they are not there, and as root, installs Debian's package. */
export function prometheusPaths() {
  const present = both();
  if (present) return present;
  if (process.getuid?.() === 0) {
    console.log('no Prometheus found: fetching Debian’s for the tests');
    const run = (...args) => spawnSync('apt-get', args, { stdio: 'inherit' }).status === 0;
    if (run('update', '-qq')) run('install', '-y', '-qq', '--no-install-recommends', 'prometheus');
  }
  const fetched = both();
  if (fetched) return fetched;
  throw new Error('the tests need Prometheus: put prometheus and promtool on the PATH');
}
