import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Built {
  /** The compiled JavaScript of a TypeScript file, which is named from the root of the repository. */
  path(file: string): string;
  remove(): Promise<void>;
}

/**
 * Compiles these files and what they import, as in production. `tsx`, with which a checkout runs, makes closures slower.
 * The folder is under node_modules so that packages are found from it. It is not `dist`, which may be in use.
 */
export async function build(files: readonly string[]): Promise<Built> {
  const cache = join(ROOT, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'bench-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    // Node does not look above node_modules for the type of a module.
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(ROOT, 'tsconfig.build.json'),
        compilerOptions: { rootDir: ROOT, outDir: folder, sourceMap: false, incremental: false },
        include: [],
        files: files.map((file) => join(ROOT, file)),
      }),
    );
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status } = spawnSync(process.execPath, [tsc, '-p', folder], { stdio: 'inherit' });
    if (status !== 0) throw new Error('it does not compile');
  } catch (error) {
    await remove();
    throw error;
  }
  return { path: (file) => join(folder, file.replace(/\.ts$/, '.js')), remove };
}
