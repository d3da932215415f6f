import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLIENT_COMMANDS } from '../../src/bin/client-commands.js';
import { jsonErrorIn } from '../../src/bin/json-error.js';
import { runProgram } from '../../src/bin/program.js';
import { numberIn } from '../../src/bin/number-option.js';
import { readable, sentencesOf } from '../../src/bin/readable.js';
import { resultsText } from '../../src/bin/results-text.js';
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
  ['nonsense', "unknown command 'nonsense': rampart help lists the commands"],
  ['lst', "unknown command 'lst' (Did you mean list?): rampart help"],
  ['list --stat x', "unknown option '--stat' (Did you mean --state?): rampart list --help explains it"],
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
    '(--json has more: variants, note)',
    '',
  ]);
  expect(readable({ items: [], next_cursor: null })).toBe('none\n');
});

it('the columns of a list are its id, what is going on, then the rest; sentences are never cut', () => {
  const message = 'the rule is left out: '.repeat(5).trim();
  const items = [
    { flag_id: 'f', workflow_id: 'w', n: 1, kind: 'lost', message },
    { flag_id: 'f', workflow_id: 'w', n: 2, kind: 'changed', message: '' },
  ];
  expect(readable(items, 40).split('\n')).toEqual([
    'flag_id  n  kind     workflow_id',
    'f        1  lost     w',
    `  ${message}`,
    'f        2  changed  w',
    '',
  ]);
  expect(readable({ tags: [], owner: null, id: 'x' })).toBe('tags  none\nid    x\n');
});

it.each([
  ['10%', 0.1],
  ['7 %', 0.07],
  ['-2.5', -2.5],
  ['1e3', 1000],
  ['', NaN],
  ['%', NaN],
  ['1%%', NaN],
  ['0x', NaN],
])('a number on the command line: %j', (text, number) => {
  expect(numberIn(text)).toBe(number);
});

it('shares may be percentages', async () => {
  expect(await run('power --baseline 10% --mde 5%')).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ assumptions: { baseline: 0.1, mde: 0.05 } });
  await run('power --baseline ten --mde 5%');
  expect(printed.err).toContain('baseline: must be a number, such as 0.1 or 10%');
});

it('an export of a folder that is none is an error', async () => {
  expect(await run(`export --to flagd --in ${join(folder, 'gone')}`)).toBe(2);
  expect(printed.err).toContain('gone cannot be used: there is no such file or folder');
  printed.err = '';
  expect(await run(`export --to flagd --in ${folder}`)).toBe(2);
  expect(printed.err).toContain('has no folder flags or segments');
});

it('problem documents of local commands are indented, as those of the API are', async () => {
  await run('power');
  expect(printed.err.split('\n').slice(0, 2)).toEqual([
    '{',
    '  "type": "https://rampart.dev/problems/validation_failed",',
  ]);
});

it('the results of an experiment are a line for each metric and treatment', () => {
  const comparison = {
    variant: 'treatment',
    control_value: 0.1,
    value: 0.12345,
    relative: { lift: 0.236 },
    valid_now: { lower: 0.01, upper: 0.03, relative_lower: 0.1, relative_upper: null },
    bayes: { chance_to_win: 0.991 },
  };
  const blind = { variant: 'treatment', value: null, guardrail: { status: 'blind', lacks: 'data' } };
  const text = resultsText({
    experiment_id: 'a',
    at: '2026-11-28T11:02:42.223Z',
    units: { control: 100, treatment: 98 },
    evidence: {
      srm: { alarm: true },
      metrics: [
        { metric_id: 'clicks', role: 'primary', comparisons: [comparison] },
        { metric_id: 'errors', role: 'guardrail', comparisons: [blind] },
      ],
    },
    decision: { decision: 'continue', reasons: [{ text: 'the ramp is under way' }] },
  });
  expect(text.split('\n')).toEqual([
    'a at 2026-11-28 11:02:42 UTC',
    'units: control 100, treatment 98',
    '! the units are not split as planned: sample ratio mismatch',
    '',
    'metric  role       variant    control  value   lift    it lies within  chance to win  status',
    'clicks  primary    treatment  0.1      0.1235  23.6 %  10 % to ∞       99.1 %',
    'errors  guardrail  treatment  –        –       –       –               –              blind, lacks data',
    '',
    'decision: continue',
    '  the ramp is under way',
    '--json has every number.',
    '',
  ]);
  const inSegment = { ...comparison, lift: 0.3, sequence: comparison.valid_now };
  const segments = [
    {
      segment: 'ios',
      units: { control: 10, treatment: 9 },
      metrics: [
        {
          ...{ metric_id: 'clicks', role: 'primary' },
          comparisons: [{ ...inSegment, discovery: true, heterogeneity: { differs: true } }],
        },
      ],
    },
  ];
  expect(resultsText({ segments, untold_units: 3 }).split('\n').slice(5, 10)).toEqual([
    'in ios: control 10, treatment 9',
    'metric  role     variant    control  value   lift  it lies within  explored',
    'clicks  primary  treatment  0.1      0.1235  30 %  10 % to ∞       differs from the rest, worth a test of its own',
    '',
    'of 3 units nobody told the segments',
  ]);
  expect(resultsText({ experiment_id: 'a', evidence: null, decision: null })).toContain('decision: none yet');
  expect(resultsText({ evidence: { metrics: [] }, uncompared: 'nobody keeps the control' })).toContain(
    'nobody keeps the control',
  );
});

it('a refusal is its sentence', () => {
  expect(sentencesOf({ errorCode: 'FLAG_NOT_FOUND', errorDetails: 'no flag f' })).toBe('no flag f\n');
  expect(sentencesOf({ title: 'fenced', detail: 'an emergency stop covers it' })).toBe(
    'an emergency stop covers it\n',
  );
});
