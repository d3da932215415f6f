import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { run } from '../python.js';
import { pythonSdk } from './peers.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'clients', 'python');
let sdk: Awaited<ReturnType<typeof pythonSdk>>;
const python = (...args: string[]): Promise<string> =>
  run(sdk.python, ['-m', ...args], { env: sdk.env, cwd: FOLDER });

beforeAll(async () => {
  sdk = await pythonSdk();
}, 300_000);

it('the Python SDK passes its own tests', { timeout: 300_000 }, async () => {
  expect(await python('pytest', '-q', '-p', 'no:cacheprovider')).toMatch(/^\d+ passed/m);
});

it('the Python SDK passes mypy and ruff', { timeout: 120_000 }, async () => {
  expect(await python('mypy', '--cache-dir', '/dev/null')).toContain('Success');
  expect(await python('ruff', 'check', '--no-cache', '.')).toContain('All checks passed');
  expect(await python('ruff', 'format', '--no-cache', '--check', '.')).toContain('already formatted');
});
