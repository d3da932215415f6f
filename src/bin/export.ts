import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { failure, validationFailed } from '../errors.js';
import { toFlagd } from '../migration/flagd/to-flagd.js';
import { countNotes } from '../migration/note.js';
import { flagFields, flagSchema, segmentSchema, type Flag, type Segment } from '../model/flag.js';
import { checked } from './checked.js';
import { apiOf, type Api } from './http.js';
import { answering, isReadByPeople, readJson } from './output.js';
import { parseOptions } from './parse-options.js';

const OPTIONS = {
  to: { type: 'string' },
  in: { type: 'string' },
  out: { type: 'string' },
  environment: { type: 'string' },
} as const;

interface Definitions {
  flags: Flag[];
  segments: Segment[];
}

/**
 * `export --to flagd`: writes the definitions of a running API, or of a folder of files, as a flag file of flagd. Exit code
 * 0, or 2 where the definitions cannot be read.
 */
export function exportCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  return answering(async () => {
    const values = optionsOf(argv);
    if (values.to !== 'flagd')
      throw validationFailed([{ path: 'to', code: 'invalid_value', message: 'must be flagd' }]);
    const definitions =
      values.in === undefined ? await fromApi(apiOf(environment)) : await fromFolder(values.in);
    const { document, notes } = toFlagd(definitions, values.environment);
    const summary = {
      flags: Object.keys(document.flags).length,
      segments: Object.keys(document.$evaluators ?? {}).length,
      ...countNotes(notes),
    };
    if (values.out === undefined) {
      // The document is for flagd: it is JSON for people, too.
      if (!isReadByPeople(process.stdout)) return { document, notes, summary };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return { notes, summary };
    }
    await writeFile(values.out, `${JSON.stringify(document, null, 2)}\n`);
    return { written: [values.out], notes, summary };
  });
}

function optionsOf(argv: string[]) {
  return parseOptions({ args: argv, options: OPTIONS }).values;
}

async function fromApi(api: Api): Promise<Definitions> {
  const [flags, segments] = [await items(api, '/v1/flags'), await items(api, '/v1/segments')];
  return {
    flags: flags.map((flag) =>
      checked(flagSchema, named('flags', flag['flag_id']), fieldsOf(flagFields, flag)),
    ),
    segments: segments.map((segment) =>
      checked(segmentSchema, named('segments', segment['segment_id']), fieldsOf(segmentSchema, segment)),
    ),
  };
}

/** Where a definition of the API stands: it may be of another release than this program. */
function named(list: string, id: unknown): string {
  return `/v1/${list}/${String(id)}`;
}

/** All pages of a list. */
async function items(api: Api, path: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  let cursor: string | null = null;
  do {
    const page = new URLSearchParams({ limit: '1000', ...(cursor !== null && { cursor }) });
    const { status, body } = await api.answer('GET', `${path}?${page.toString()}`);
    if (status >= 400)
      throw failure('validation_failed', `${path} answers ${status}: ${String(body['detail'])}`);
    all.push(...(body['items'] as Record<string, unknown>[]));
    cursor = body['next_cursor'] as string | null;
  } while (cursor !== null);
  return all;
}

/** A stored definition without the fields that the server adds. */
function fieldsOf({ shape }: z.ZodObject, stored: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(stored).filter(([name]) => Object.hasOwn(shape, name)));
}

async function fromFolder(folder: string): Promise<Definitions> {
  const names = await readdir(folder);
  if (!names.includes('flags') && !names.includes('segments'))
    throw failure(
      'validation_failed',
      `${folder} has no folder flags or segments: name one that import --out wrote`,
    );
  const [flags, segments] = [
    await jsonFiles(join(folder, 'flags')),
    await jsonFiles(join(folder, 'segments')),
  ];
  return {
    flags: flags.map(([path, flag]) => checked(flagSchema, path, flag)),
    segments: segments.map(([path, segment]) => checked(segmentSchema, path, segment)),
  };
}

/** The JSON files of a folder by their paths; none where there is no such folder: an import may have no segments. */
async function jsonFiles(folder: string): Promise<[string, unknown][]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
  return Promise.all(paths.map(async (path): Promise<[string, unknown]> => [path, await readJson([path])]));
}
