// Builds the dashboard into dashboard/dist, and compresses its files so that no request waits for it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = join(ROOT, 'dashboard');
const DIST = join(FOLDER, 'dist');
const STAMP = '.built';
/** What the browser gets of the program: the pure cores. */
const SOURCES = ['dashboard/src', 'dashboard/index.html', 'dashboard/vite.config.ts', 'src', 'package.json'];

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function stateOfSources() {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((source) => filesUnder(join(ROOT, source))).sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function compress(path) {
  const content = readFileSync(path);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(`${path}.br`, brotliCompressSync(content, quality));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

/** Builds where the sources are newer than what was built. Renames are atomic: two may build at once. */
export async function buildDashboardWhereStale() {
  const stamp = join(DIST, STAMP);
  const state = stateOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  const { build } = await import('vite').catch(() => {
    throw new Error('the dashboard is not built, and the tools to build it are not installed: run npm ci');
  });
  const outDir = `${DIST}.${process.pid}`;
  const config = { configFile: join(FOLDER, 'vite.config.ts'), logLevel: 'warn' };
  await build({ ...config, build: { outDir, emptyOutDir: true } });
  for (const path of filesUnder(join(outDir, 'assets'))) compress(path);
  writeFileSync(join(outDir, STAMP), state);
  const former = `${DIST}.former-${process.pid}`;
  if (existsSync(DIST)) renameSync(DIST, former);
  try {
    renameSync(outDir, DIST);
  } catch {
    // Another process was faster, with the same sources.
    rmSync(outDir, { recursive: true, force: true });
  }
  rmSync(former, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDashboardWhereStale();
