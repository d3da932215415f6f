import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

// The evaluator is the server's own source, bundled. `ruleset.js` is a file of its own, so that bin/evaluate.js runs the
// evaluator that is published.
// It is made beside dist/, and put there file by file: whoever reads dist/ meanwhile finds every file, old or new.
const OUT = `dist.${process.pid}`;

const bundle = (name, options) =>
  build({
    entryPoints: [`src/${name}.ts`],
    outfile: `${OUT}/${name}.js`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
    ...options,
  });

await Promise.all([
  bundle('ruleset', { platform: 'node' }),
  bundle('server', { platform: 'node', external: ['./ruleset.js'] }),
  // With the platform `browser`, importing a Node module is an error.
  bundle('web', { platform: 'browser' }),
  bundle('index', { platform: 'node', external: ['./server.js', './web.js'] }),
]);

for (const name of ['server', 'web']) {
  const types = await rollup({ input: `src/${name}.ts`, plugins: [dts()], external: /^@openfeature\// });
  await types.write({ file: `${OUT}/${name}.d.ts`, format: 'es' });
}
await copyFile('src/index.ts', `${OUT}/index.d.ts`);

await mkdir('dist', { recursive: true });
const made = await readdir(OUT);
for (const file of made) await rename(`${OUT}/${file}`, `dist/${file}`);
for (const file of await readdir('dist'))
  if (!made.includes(file)) await rm(`dist/${file}`, { recursive: true });
await rm(OUT, { recursive: true });
