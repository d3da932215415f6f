import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANTINE = join(ROOT, 'node_modules/@mantine/core');

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

/** The names of all that the dashboard imports of Mantine. */
function used(): Set<string> {
  const imports = files(join(ROOT, 'dashboard/src'), /\.tsx?$/).flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/import \{([^}]*)\} from '@mantine\/core'/g),
  ]);
  return new Set(imports.flatMap(([, names]) => names!.split(',').map((name) => name.trim())));
}

/** The style sheets of some components, and of all that they are made of. */
function stylesOf(components: ReadonlySet<string>): Set<string> {
  const styles = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    if (file.endsWith('.module.mjs')) styles.add(basename(file, '.module.mjs'));
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/from\s*"(\.[^"]+)"/g))
      visit(resolve(dirname(file), path!));
  };
  for (const file of files(join(MANTINE, 'esm/components'), /\.mjs$/))
    if (components.has(basename(file, '.mjs'))) visit(file);
  return styles;
}

it('has the style sheet of every component of Mantine that is used, and no other', () => {
  const sheet = readFileSync(join(ROOT, 'dashboard/src/styles/mantine-components.css'), 'utf8');
  const imported = [...sheet.matchAll(/styles\/([A-Z]\w+)\.css/g)].map(([, name]) => name!);
  expect(new Set(imported)).toEqual(stylesOf(used()));
});
