import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../src/bin/program.js';
import { rehearseCommand } from '../src/bin/rehearse.js';
import { Rehearsals } from '../src/operations/rehearse-apart.js';

const ROOT = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...readdirSync(new URL('docs', ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const EXAMPLES = readdirSync(new URL('examples', ROOT)).map((name) => `examples/${name}`);

afterEach(() => void vi.restoreAllMocks());

it.each(DOCUMENTS)('the examples that %s names are there', (document) => {
  const named = [...read(document).matchAll(/(?<![\w/])examples\/[\w./-]*\w/g)].map(([path]) => path);
  expect(named.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
});

describe.each(EXAMPLES)('%s', (example) => {
  it('is named where people look', () => {
    expect(DOCUMENTS.filter((document) => read(document).includes(example))).not.toEqual([]);
  });

  it('power takes it', async () => {
    let out = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
    expect(await runProgram(['power', example], {})).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('metrics');
  });

  it('rehearse takes it', async () => {
    let out = '';
    const stdout = { isTTY: false, write: (text: unknown) => ((out += String(text)), true) };
    // Its processes run TypeScript.
    const rehearsals = new Rehearsals();
    expect(await rehearseCommand([example, '--runs', '2'], { stdout }, rehearsals)).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('scenarios');
  });
});

it("README's experiment is the example", () => {
  const shown = read('README.md')
    .split('```')
    .find((block) => block.startsWith('json\n') && block.includes('success_metrics'));
  expect(JSON.parse(shown!.slice('json\n'.length))).toEqual(JSON.parse(read('examples/experiment.json')));
});

describe('the commands of README', () => {
  const commands = [...read('README.md').matchAll(/npm run -s cli -- ([a-z-]+)((?: --?[a-z-]+)*)/g)];
  it.each([...new Set(commands.map(([, name]) => name!))])('%s is a command', async (name) => {
    let out = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
    const argv = name === 'help' ? ['help'] : [name, '--help'];
    expect(await runProgram(argv, {})).toBe(0);
    expect(out).toContain('Usage: rampart');
  });
});
