// `npm run cli -- …` in a checkout: the command line as it is installed, built where that is needed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildWhereStale, DIST } from './built.js';
import { buildDashboardWhereStale } from './dashboard.js';

try {
  await buildWhereStale();
  if (['serve', 'demo', 'api'].includes(process.argv[2])) await buildDashboardWhereStale();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
// `serve` starts its children as it was started itself.
process.argv[1] = join(DIST, 'src/bin/cli.js');
await import(pathToFileURL(process.argv[1]));
