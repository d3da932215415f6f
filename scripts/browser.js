// Finds the browser that the tests drive, or fetches one.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function found() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = [
    ...(process.env.CHROMIUM_PATH ? [process.env.CHROMIUM_PATH] : []),
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ];
  return paths.find(isExecutable);
}

/** The path of a browser. If there is none, fetches Playwright's own; if that fails, and as root, Debian's package. */
export function browserPath() {
  const present = found();
  if (present) return present;
  const run = (command, ...args) => spawnSync(command, args, { stdio: 'inherit' }).status === 0;
  console.log('no browser found: fetching one for the tests');
  if (!run('npx', 'playwright-core', 'install', 'chromium') && process.getuid?.() === 0) {
    if (run('apt-get', 'update', '-qq')) {
      run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium');
    }
  }
  const path = found();
  if (path) return path;
  throw new Error('the tests need a browser: put chromium on the PATH, or set CHROMIUM_PATH to its path');
}
