import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../python.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'clients', 'js');

it(
  'the JavaScript SDK builds, is typed, and passes its own tests, in a real browser, too',
  { timeout: 400_000 },
  async () => {
    const out = await run('npm', ['--prefix', FOLDER, 'test'], { env: { ...process.env, NO_COLOR: '1' } });
    expect(out).toMatch(/Tests +\d+ passed/);
    expect(out).not.toMatch(/\d+ skipped/);
  },
);
