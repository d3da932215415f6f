// Runs the pure tests and the demo on the versions of Node that users should have. npm's packages `node-<platform>-<arch>`
// bring the binaries; they are kept in the cache folder.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = ['24.9.0', '26.10.0'];

/** The path of a Node, or null where it cannot be fetched. */
function nodeOf(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'rampart', `node-${version}`);
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const options = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--loglevel=error'];
    spawnSync('npm', ['install', '--prefix', folder, ...options, `${name}@${version}`], { stdio: 'inherit' });
  }
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}` ? path : null;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs a program to its end; prints what it said if it failed. Answers whether it did well. */
function run(what, command, args, environment = {}) {
  const began = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    child.once('exit', (code) => {
      if (code !== 0) console.log(said.slice(-20_000));
      console.log(
        `   ${what}: ${code === 0 ? 'ok' : 'FAILED'} (${Math.round((Date.now() - began) / 1000)} s)`,
      );
      resolve(code === 0);
    });
  });
}

let isGood = true;
for (const version of VERSIONS) {
  const node = nodeOf(version);
  if (node === null) {
    console.log(`\n!! NOT TESTED ON NODE ${version}: npm cannot fetch it, or it does not run here\n`);
    if (process.env.CI) isGood = false;
    continue;
  }
  const port = String(await freePort());
  // The demo mostly waits, so that both fit side by side.
  const results = await Promise.all([
    run(`pure tests on Node ${version}`, node, [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...['--project', 'pure', '--project', 'mocking'],
    ]),
    run(`demo on Node ${version}`, node, ['scripts/cli.js', 'demo', '--once'], { PORT: port }),
  ]);
  isGood &&= results.every(Boolean);
}
process.exit(isGood ? 0 : 1);
