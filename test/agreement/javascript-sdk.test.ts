import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../python.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'clients', 'js');

it(
  'the JavaScript SDK builds, type-checks, and passes its own tests, including those in a browser',
  { timeout: 400_000 },
  async () => {
    const out = await run('npm', ['--prefix', FOLDER, 'test'], { env: { ...process.env, NO_COLOR: '1' } });
    expect(out).toMatch(/Tests +\d+ passed/);
    expect(out).not.toMatch(/\d+ skipped/);
  },
);
