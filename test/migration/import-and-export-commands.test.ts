import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { exportCommand } from '../../src/bin/export.js';
import { importCommand } from '../../src/bin/import.js';

const FIXTURE = fileURLToPath(new URL('./fixtures/flagd.json', import.meta.url));
const GROWTHBOOK = fileURLToPath(new URL('./fixtures/growthbook-payload.json', import.meta.url));

let folder: string;
let printed: { out: string; err: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rampart-import-'));
  printed = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const out = () => JSON.parse(printed.out) as Record<string, unknown>;

test('without options, definitions, notes and a summary are printed', async () => {
  expect(await importCommand(['--from', 'flagd', FIXTURE], {})).toBe(0);
  const { flags, segments, notes, summary } = out() as Record<string, unknown[]>;
  const lost = notes!.filter((note) => (note as { kind: string }).kind === 'lost').length;
  expect(summary).toEqual({ flags: flags!.length, segments: 2, changed: notes!.length - lost, lost });
  expect(segments!.length).toBe(2);
});

test('--out writes a file for each definition, which the export can read', async () => {
  expect(await importCommand(['--from', 'flagd', FIXTURE, '--out', folder], {})).toBe(0);
  expect((await readdir(folder)).sort()).toEqual(['flags', 'notes.json', 'segments']);
  expect((await readdir(join(folder, 'segments'))).sort()).toEqual(['internal.json', 'staff.json']);
  const sale = JSON.parse(await readFile(join(folder, 'flags', 'sale.json'), 'utf8')) as { flag_id: string };
  expect(sale.flag_id).toBe('sale');
  printed.out = '';
  const file = join(folder, 'flagd.json');
  expect(await exportCommand(['--to', 'flagd', '--in', folder, '--out', file], {})).toBe(0);
  expect(out()['summary']).toMatchObject({ flags: 11, segments: 2 });
  printed.out = '';
  expect(await importCommand(['--from', 'flagd', file], {})).toBe(0);
  expect((out()['flags'] as unknown[]).length).toBe(11);
});

test.each([
  [[FIXTURE], 'from'],
  [['--from', 'split', FIXTURE], 'from'],
  [['--from', 'flagd', '--out', 'x', '--apply', FIXTURE], 'apply'],
])('wrong options: exit code 2, and a problem that names the option: %j', async (argv, path) => {
  expect(await importCommand(argv, {})).toBe(2);
  expect(JSON.parse(printed.err)).toMatchObject({ code: 'validation_failed', errors: [{ path }] });
});

test('a malformed document: exit code 2, and a problem that names the path', async () => {
  const file = join(folder, 'broken.json');
  await writeFile(file, '{"flags":{"f":{"state":"ON","variants":{}}}}');
  expect(await importCommand(['--from', 'flagd', file], {})).toBe(2);
  expect(JSON.parse(printed.err)).toMatchObject({ errors: [{ path: 'flags.f.state' }] });
});

test('a malformed definition file: the export names file and field', async () => {
  await importCommand(['--from', 'flagd', FIXTURE, '--out', folder], {});
  await writeFile(join(folder, 'flags', 'sale.json'), '{"flag_id":"sale","rollout":1}');
  expect(await exportCommand(['--to', 'flagd', '--in', folder], {})).toBe(2);
  expect(printed.err).toContain('sale.json');
});

/** An API that remembers what is put, and refuses some of it. */
async function api(
  refuse: (path: string) => boolean,
): Promise<{ server: Server; url: string; puts: string[] }> {
  const puts: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      puts.push(`${request.method} ${request.url}`);
      const status = refuse(request.url!) ? 422 : puts.length === 1 ? 200 : 201;
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":"validation_failed"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, puts };
}

test('--apply puts segments, then flags after their prerequisites; a refusal is reported, with exit code 1', async () => {
  const { server, url, puts } = await api((path) => path.endsWith('/new-nav'));
  try {
    const environment = { RAMPART_URL: url, RAMPART_KEY: 'key' };
    expect(await importCommand(['--from', 'growthbook', GROWTHBOOK, '--apply'], environment)).toBe(1);
    const kinds = puts.map((put) => put.split('/')[2]);
    expect(kinds.indexOf('flags')).toBe(kinds.lastIndexOf('segments') + 1);
    expect(puts.indexOf('PUT /v1/flags/dark_mode')).toBeLessThan(puts.indexOf('PUT /v1/flags/search-config'));
    const applied = out()['applied'] as { id: string; result: string }[];
    expect(applied.filter(({ result }) => result !== 'created')).toMatchObject([
      { kind: 'segment', result: 'changed' },
      { kind: 'flag', id: 'new-nav', result: 'refused', problem: { code: 'validation_failed' } },
    ]);
  } finally {
    server.close();
  }
});
