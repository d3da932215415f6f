// Writes the types of the API's requests and answers, which the dashboard is checked against; `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER, type OpenAPI3 } from 'openapi-typescript';
import { createApi } from '../api/server.js';
import type { ApiContext } from '../api/context.js';
import { parseConfig } from '../src/config.js';

const PATH = 'dashboard/src/api/schema.d.ts';

const config = parseConfig({ RAMPART_SECRET: 'of no process, and long enough for one' });
/** The document depends on no part of a process: whatever is asked of this one is nothing again. */
const nothing: unknown = new Proxy(() => nothing, {
  get(_, name) {
    if (name === Symbol.iterator) return none;
    if (name === 'config') return config;
    return name === Symbol.toPrimitive ? () => 0 : nothing;
  },
});
function* none(): Generator<never> {}

const { document } = createApi(nothing as ApiContext);
const text = COMMENT_HEADER + astToString(await openapiTS(document as OpenAPI3));
if (!process.argv.includes('--check')) writeFileSync(PATH, text);
else if (readFileSync(PATH, 'utf8') !== text) {
  console.error(`${PATH} is not what the API's schemas say: run npm run dashboard:types`);
  process.exit(1);
}
process.exit(0);
