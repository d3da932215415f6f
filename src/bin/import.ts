import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { failure, validationFailed } from '../errors.js';
import { fromFlagd } from '../migration/flagd.js';
import { fromGrowthbook } from '../migration/growthbook.js';
import type { Imported, Selection } from '../migration/imported.js';
import { fromLaunchdarkly } from '../migration/launchdarkly.js';
import { fromUnleash } from '../migration/unleash.js';
import { apiOf, type Api } from './http.js';
import { answering, readJson } from './output.js';

const SOURCES: Readonly<Record<string, (document: unknown, selection: Selection) => Imported>> = {
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

/** What became of a definition that was put to a running API. */
interface Applied {
  kind: 'segment' | 'flag';
  id: string;
  result: 'created' | 'changed' | 'refused';
  problem?: unknown;
}

/**
 * `import --from SOURCE FILE`: another system's flags as ours, on standard output, as files or into a running API. 0;
 * 1 where the API refused one of them; 2 where the document is not what its system writes.
 */
export async function importCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let isRefused = false;
  const code = await answering(async () => {
    const { values, positionals } = parse(argv);
    const convert = values.from === undefined ? undefined : SOURCES[values.from];
    if (!convert) {
      const message = `must be one of ${Object.keys(SOURCES).join(', ')}`;
      throw validationFailed([
        { path: 'from', code: values.from === undefined ? 'required' : 'invalid_value', message },
      ]);
    }
    if (values.apply && values.out !== undefined) {
      throw validationFailed([
        { path: 'apply', code: 'invalid_value', message: 'give either --out or --apply' },
      ]);
    }
    const api = values.apply ? apiOf(environment) : null;
    const imported = convert(await readJson(positionals), values);
    const { flags, segments, notes } = imported;
    const summary = {
      flags: flags.length,
      segments: segments.length,
      changed: notes.filter(({ kind }) => kind === 'changed').length,
      lost: notes.filter(({ kind }) => kind === 'lost').length,
    };
    if (values.out !== undefined) return { written: await write(imported, values.out), notes, summary };
    if (!api) return { flags, segments, notes, summary };
    const applied = await apply(imported, api);
    isRefused = applied.some(({ result }) => result === 'refused');
    return { applied, notes, summary };
  });
  return code === 0 && isRefused ? 1 : code;
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw failure('validation_failed', error instanceof Error ? error.message : String(error));
  }
}

/** A file for each definition, and the notes. Answers the paths. */
async function write({ flags, segments, notes }: Imported, folder: string): Promise<string[]> {
  const files: [string, unknown][] = [
    ...segments.map((one): [string, unknown] => [join(folder, 'segments', `${one.segment_id}.json`), one]),
    ...flags.map((one): [string, unknown] => [join(folder, 'flags', `${one.flag_id}.json`), one]),
    [join(folder, 'notes.json'), notes],
  ];
  await Promise.all(['segments', 'flags'].map((name) => mkdir(join(folder, name), { recursive: true })));
  for (const [path, content] of files) await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  return files.map(([path]) => path);
}

/** Segments first, flags after them; each list is in the order of its references already. */
async function apply({ flags, segments }: Imported, api: Api): Promise<Applied[]> {
  const applied: Applied[] = [];
  const put = async (kind: Applied['kind'], id: string, definition: unknown): Promise<void> => {
    const { status, body } = await api.answer('PUT', `/v1/${kind}s/${encodeURIComponent(id)}`, definition);
    if (status < 300) applied.push({ kind, id, result: status === 201 ? 'created' : 'changed' });
    else applied.push({ kind, id, result: 'refused', problem: body });
  };
  for (const one of segments) await put('segment', one.segment_id, one);
  for (const one of flags) await put('flag', one.flag_id, one);
  return applied;
}
