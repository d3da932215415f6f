// Makes dist/: the compiled program, and the sources of the embedded MongoDB, which are not TypeScript.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json', '--incremental', 'false'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);
cpSync('src/servers/mongo-java', 'dist/src/servers/mongo-java', { recursive: true });
