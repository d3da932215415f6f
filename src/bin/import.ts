import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { validationFailed } from '../errors.js';
import { fromFlagd } from '../migration/flagd/from-flagd.js';
import { fromGrowthbook } from '../migration/growthbook/from-growthbook.js';
import type { ImportResult } from '../migration/import-result.js';
import { fromLaunchdarkly } from '../migration/launchdarkly/from-launchdarkly.js';
import { countNotes } from '../migration/note.js';
import type { Selection } from '../migration/selection.js';
import { fromUnleash } from '../migration/unleash/from-unleash.js';
import { apiOf, type Api } from './http.js';
import { answering, readJson } from './output.js';
import { parseOptions } from './parse-options.js';

const IMPORTERS: Readonly<Record<string, (document: unknown, selection: Selection) => ImportResult>> = {
  flagd: (document) => fromFlagd(document),
  growthbook: fromGrowthbook,
  launchdarkly: fromLaunchdarkly,
  unleash: fromUnleash,
};

const OPTIONS = {
  from: { type: 'string' },
  out: { type: 'string' },
  apply: { type: 'boolean' },
  environment: { type: 'string' },
  project: { type: 'string' },
} as const;

/** What a running API did with a definition. */
interface Applied {
  kind: 'segment' | 'flag';
  id: string;
  result: 'created' | 'changed' | 'refused';
  problem?: unknown;
}

/**
 * `import --from SYSTEM FILE`: converts another system's flags and prints them, writes them to files, or puts them to a
 * running API. Exit code 0; 1 where the API refused a definition; 2 where the document is not what its system writes.
 */
export async function importCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let isRefused = false;
  const code = await answering(async () => {
    const { values, positionals } = parse(argv);
    const convert = importerOf(values.from);
    if (values.apply && values.out !== undefined) {
      throw validationFailed([
        { path: 'apply', code: 'invalid_value', message: 'give either --out or --apply' },
      ]);
    }
    const api = values.apply ? apiOf(environment) : null;
    const result = convert(await readJson(positionals), values);
    const { flags, segments, notes } = result;
    const summary = { flags: flags.length, segments: segments.length, ...countNotes(notes) };
    if (values.out !== undefined) return { written: await write(result, values.out), notes, summary };
    if (!api) return { flags, segments, notes, summary };
    const applied = await apply(result, api);
    isRefused = applied.some((definition) => definition.result === 'refused');
    return { applied, notes, summary };
  });
  return code === 0 && isRefused ? 1 : code;
}

function importerOf(from: string | undefined) {
  const convert = from === undefined ? undefined : IMPORTERS[from];
  if (convert) return convert;
  const message = `must be one of ${Object.keys(IMPORTERS).join(', ')}`;
  throw validationFailed([
    { path: 'from', code: from === undefined ? 'required' : 'invalid_value', message },
  ]);
}

function parse(argv: string[]) {
  return parseOptions({ args: argv, options: OPTIONS, allowPositionals: true });
}

/** Writes a file for each definition, and one for the notes. Returns their paths. */
async function write({ flags, segments, notes }: ImportResult, folder: string): Promise<string[]> {
  const files: [string, unknown][] = [
    ...segments.map((segment): [string, unknown] => [
      join(folder, 'segments', `${segment.segment_id}.json`),
      segment,
    ]),
    ...flags.map((flag): [string, unknown] => [join(folder, 'flags', `${flag.flag_id}.json`), flag]),
    [join(folder, 'notes.json'), notes],
  ];
  await Promise.all(['segments', 'flags'].map((name) => mkdir(join(folder, name), { recursive: true })));
  for (const [path, content] of files) await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  return files.map(([path]) => path);
}

/** Segments first, then flags; each list is already in the order of its references. */
async function apply({ flags, segments }: ImportResult, api: Api): Promise<Applied[]> {
  const applied: Applied[] = [];
  const put = async (kind: Applied['kind'], id: string, definition: unknown): Promise<void> => {
    const { status, body } = await api.answer('PUT', `/v1/${kind}s/${encodeURIComponent(id)}`, definition);
    if (status < 300) applied.push({ kind, id, result: status === 201 ? 'created' : 'changed' });
    else applied.push({ kind, id, result: 'refused', problem: body });
  };
  for (const segment of segments) await put('segment', segment.segment_id, segment);
  for (const flag of flags) await put('flag', flag.flag_id, flag);
  return applied;
}
