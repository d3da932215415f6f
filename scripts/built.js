// Keeps dist/ as new as its sources. What users start runs from there: compiled once, it starts sooner and serves faster
// than TypeScript that is compiled at each start.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
export const DIST = join(ROOT, 'dist');
const FOLDERS = ['src', 'api', 'activities', 'workflows'];
const STAMP = '.built';

function filesIn(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Tells one state of the sources from another: by names, sizes and times, which takes milliseconds. */
export function stateOfSources() {
  const hash = createHash('sha256');
  for (const path of [
    ...FOLDERS.flatMap(filesIn),
    join(ROOT, 'package.json'),
    join(ROOT, 'tsconfig.json'),
  ].sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

export function isBuilt(state) {
  const stamp = join(DIST, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === state;
}

/**
 * Adds what is not TypeScript and the bundle of the workflows, and puts the folder into the place of dist/. Renames are atomic:
 * two may build at once.
 */
export async function putInPlace(folder, state) {
  for (const path of ['src/servers/mongo-java', 'src/temporal/failure-converter.cjs'])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  const { writeBundle } = await import(pathToFileURL(join(folder, 'activities/bundle.js')).href);
  await writeBundle();
  writeFileSync(join(folder, STAMP), state);
  const former = `${DIST}.former-${process.pid}`;
  try {
    renameSync(DIST, former);
  } catch {
    // There was none.
  }
  try {
    renameSync(folder, DIST);
  } catch {
    // Another process was faster, with the same sources.
    rmSync(folder, { recursive: true, force: true });
  }
  rmSync(former, { recursive: true, force: true });
}

/** Compiles without checking types, which takes a second; `npm run build` checks them. */
export async function buildWhereStale() {
  const state = stateOfSources();
  if (isBuilt(state)) return;
  const folder = `${DIST}.${process.pid}`;
  const { build } = await import('esbuild').catch(() => {
    throw new Error(
      'dist/ is missing or older than its sources, and the tools to build it are not installed: run npm ci',
    );
  });
  await build({
    absWorkingDir: ROOT,
    entryPoints: FOLDERS.flatMap(filesIn).filter((path) => path.endsWith('.ts')),
    outdir: folder,
    outbase: ROOT,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    sourcemap: true,
    logLevel: 'error',
  });
  await putInPlace(folder, state);
}
