import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLIENT_COMMANDS } from '../../src/bin/client-commands.js';
import { jsonErrorIn } from '../../src/bin/json-error.js';
import { runProgram } from '../../src/bin/program.js';
import { readable, sentencesOf } from '../../src/bin/readable.js';
import { ConfigError } from '../../src/config.js';
import { VERSION } from '../../src/version.js';

const printed = { out: '', err: '' };
let folder: string;

beforeEach(async () => {
  Object.assign(printed, { out: '', err: '' });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true));
  folder = await mkdtemp(join(tmpdir(), 'rampart-cli-'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const run = (line: string) => runProgram(line === '' ? [] : line.split(' '), {});

describe('help', () => {
  const commands = [
    ...['serve', 'api', 'worker', 'demo', 'analyze', 'power', 'rehearse', 'verify', 'import', 'export'],
    ...Object.keys(CLIENT_COMMANDS),
  ];
  it.each(commands)('of %s needs no setting, and exits 0', async (name) => {
    expect(await run(`${name} --help`)).toBe(0);
    expect(printed.out).toContain(`Usage: rampart ${name}`);
    expect(printed.err).toBe('');
    printed.out = '';
    expect(await run(`help ${name}`)).toBe(0);
    expect(printed.out).toContain(`Usage: rampart ${name}`);
  });

  it.each(['--help', 'help'])('of all: %s', async (line) => {
    expect(await run(line)).toBe(0);
    for (const name of commands) expect(printed.out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  });

  it('is what an empty command line gets: 2', async () => {
    expect(await run('')).toBe(2);
    expect(printed.err).toContain('Usage: rampart');
  });
});

it('--version is that of the package', async () => {
  expect(await run('--version')).toBe(0);
  expect(printed.out).toBe(`${VERSION}\n`);
});

it.each([
  ['nonsense', "unknown command 'nonsense'"],
  ['list --stat x', "unknown option '--stat'"],
  ['analyze a b', 'too many arguments'],
  ['power --baseline', "option '--baseline <value>' argument missing"],
])('a wrong command line is an error that names what is wrong: %s', async (line, message) => {
  await expect(run(line)).rejects.toThrow(ConfigError);
  await expect(run(line)).rejects.toThrow(message);
});

it('numbers may be negative', async () => {
  expect(await run('power --kind mean --baseline -10 --standard-deviation 3 --mde 0.1')).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ assumptions: { baseline: -10 } });
});

describe('a file of JSON', () => {
  const analyze = async (bytes: Buffer | string): Promise<string> => {
    const file = join(folder, 'input.json');
    await writeFile(file, bytes);
    expect(await runProgram(['analyze', file], {})).toBe(2);
    return (JSON.parse(printed.err) as { detail: string }).detail;
  };
  const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

  it.each([
    ['a byte order mark', '\ufeff{}'],
    ['UTF-16, little-endian', Buffer.from('\ufeff{}', 'utf16le')],
    ['UTF-16, big-endian', utf16be('\ufeff{}')],
    ['UTF-16 without a mark', Buffer.from('{ }', 'utf16le')],
  ])('is read with %s', async (_, bytes) => {
    expect(await analyze(bytes)).toContain('metrics');
  });

  it.each([
    ['{"a": 1,\n  "b": [1, 2,],\n}', 'line 2, column 14: expected a value, but found "],\\n}"'],
    ['{"a": 1', 'line 1, column 8: expected , or }, but the text ends'],
    ["{'a': 1}", 'line 1, column 2: expected a name or }'],
    ['{"a": 01}', 'line 1, column 7: expected a value'],
    ['', 'line 1, column 1: expected a value, but the text ends'],
  ])('that is broken: the error has line and column: %j', async (text, message) => {
    expect(await analyze(text)).toContain(message);
  });

  it('that is no text, or is not there', async () => {
    expect(await analyze(Buffer.from([0x7b, 0xff, 0xff, 0x7d]))).toContain('is not text in UTF-8');
    printed.err = '';
    expect(await runProgram(['analyze', join(folder, 'none.json')], {})).toBe(2);
    expect(printed.err).toContain('there is no such file');
  });

  it.each(['{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{}}', '[]', '"x"', ' 7 ', '[[],{}]'])(
    'an error is found in nothing that JSON.parse takes: %s',
    (text) => {
      expect(JSON.parse(text)).toBeDefined();
      expect(jsonErrorIn(text)).toBeNull();
    },
  );
});

describe('at a terminal', () => {
  beforeEach(() => {
    Object.assign(process.stdout, { isTTY: true, columns: 80 });
    Object.assign(process.stderr, { isTTY: true });
  });
  afterEach(() => {
    Object.assign(process.stdout, { isTTY: undefined, columns: undefined });
    Object.assign(process.stderr, { isTTY: undefined });
  });

  it('people read lines and sentences; --json is JSON', async () => {
    await run('power --baseline 0.1 --mde 0.05');
    expect(printed.out).toMatch(/^units_per_variant {2}\d+\ntotal {14}\d+\nassumptions\n/);
    await run('power --baseline 7 --mde 0.05');
    expect(printed.err).toBe('validation failed:\n  baseline: must lie between 0 and 1 for a proportion\n');
    printed.out = '';
    await run('power --baseline 0.1 --mde 0.05 --json');
    expect(JSON.parse(printed.out)).toHaveProperty('total');
  });
});

it('a list is a table of the columns that fit', () => {
  const items = [
    { state: 'running', experiment_id: 'a', variants: { x: {} }, note: 'n'.repeat(40) },
    { state: 'draft', experiment_id: 'a-longer-one', variants: {}, note: '' },
  ];
  expect(readable({ items, next_cursor: null }, 30).split('\n')).toEqual([
    'experiment_id  state',
    'a              running',
    'a-longer-one   draft',
    '',
  ]);
  expect(readable({ items: [], next_cursor: null })).toBe('none\n');
});

it('a refusal is its sentence', () => {
  expect(sentencesOf({ title: 'fenced', detail: 'an emergency stop covers it' })).toBe(
    'an emergency stop covers it\n',
  );
});
