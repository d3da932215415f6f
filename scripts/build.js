// Makes dist/: the compiled program, with its types checked.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { DIST, putInPlace, stateOfSources } from './built.js';

const state = stateOfSources();
const folder = `${DIST}.${process.pid}`;
const args = ['tsc', '-p', 'tsconfig.build.json', '--incremental', 'false', '--outDir', folder];
const { status } = spawnSync('npx', args, { stdio: 'inherit' });
if (status !== 0) {
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
await putInPlace(folder, state);
