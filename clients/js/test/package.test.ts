import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = (name: string): Promise<string> => readFile(join(root, 'dist', name), 'utf8');

test('the package imports nothing but Node modules, and for the web not even those', async () => {
  const importsOf = async (name: string): Promise<string[]> =>
    [...(await dist(name)).matchAll(/^(?:import|export) [^;]*? from "([^"]+)"/gm)].map((match) => match[1]!);
  expect(await importsOf('index.js')).toEqual(['./server.js', './web.js']);
  expect([...new Set(await importsOf('server.js'))].sort()).toEqual([
    './ruleset.js',
    'node:http',
    'node:https',
  ]);
  expect(await importsOf('ruleset.js')).toEqual(['node:crypto']);
  expect(await importsOf('web.js')).toEqual([]);
  expect(await dist('web.js')).not.toMatch(/require\(|node:|process\./);
});

test('it can be imported without an OpenFeature SDK', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-js-'));
  try {
    await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    const script = `
      import { RampartProvider, RampartWebProvider } from './dist/index.js';
      import { RampartWebProvider as Web } from './dist/web.js';
      const options = { baseUrl: 'http://127.0.0.1:9', apiKey: 'key' };
      console.log(new RampartProvider(options).metadata.name, new Web(options).runsOn, RampartWebProvider === Web);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: folder,
    });
    expect(stdout).toBe('Rampart client true\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a TypeScript service compiles against the published types', async () => {
  const folder = await mkdtemp(join(root, 'node_modules', '.types-'));
  try {
    await writeFile(
      join(folder, 'service.ts'),
      `import { OpenFeature } from '@openfeature/server-sdk';
       import { OpenFeature as Web } from '@openfeature/web-sdk';
       import { RampartProvider, RampartWebProvider, type Assignment, type Logger } from '../../dist/index.js';
       import { RampartWebProvider as Sub } from '../../dist/web.js';
       const logger: Logger = console;
       const provider = new RampartProvider({ baseUrl: 'http://x', apiKey: 'k', logger });
       OpenFeature.setProvider(provider);
       Web.setProvider(new RampartWebProvider({ baseUrl: '/', apiKey: 'k', persist: true }));
       Web.setProvider(new Sub({ baseUrl: '/', apiKey: 'k' }));
       const assignment: Assignment | null = provider.assign('e', 'u', { plan: 'pro' }, { exposure: false });
       export const variant: string | undefined = assignment?.variant;
       // @ts-expect-error an unknown option
       new RampartProvider({ baseUrl: 'http://x', apiKey: 'k', nothing: 1 });`,
    );
    const flags = [
      '--ignoreConfig',
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
    ];
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, ...flags, '--skipLibCheck', 'false', join(folder, 'service.ts')]);
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error));
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

test('only the built files are published', async () => {
  const { files, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    files: string[];
    dependencies?: object;
  };
  expect(files).toEqual(['dist']);
  expect(dependencies).toBeUndefined();
  expect((await readdir(join(root, 'dist'))).sort()).toEqual(
    ['index.d.ts', 'index.js', 'ruleset.js', 'server.d.ts', 'server.js', 'web.d.ts', 'web.js'].sort(),
  );
});
