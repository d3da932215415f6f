import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../../activities/bundle.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HISTORIES = join(ROOT, 'test/histories');
const LIFECYCLE = 'workflows/experiment-lifecycle.ts';
const EFFECTS = 'workflows/effects.ts';
const ACTIVITIES = 'workflows/lifecycle-activities.ts';
const copies: string[] = [];

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
});

afterAll(async () => {
  for (const copy of copies) await rm(copy, { recursive: true, force: true });
});

async function replay(bundle: WorkflowBundle, name: string): Promise<void> {
  const text = await readFile(join(HISTORIES, `${name}.json`), 'utf8');
  const history = historyFromJSON(JSON.parse(text) as object);
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, name);
}

/** The workflows with one thing changed, as a careless commit would. */
async function changed(file: string, from: string, to: string): Promise<WorkflowBundle> {
  const copy = await mkdtemp(join(tmpdir(), 'rampart-broken-'));
  copies.push(copy);
  for (const folder of ['workflows', 'src', 'activities', 'package.json', 'tsconfig.json']) {
    await cp(join(ROOT, folder), join(copy, folder), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const source = await readFile(join(copy, file), 'utf8');
  expect(source).toContain(from);
  await writeFile(join(copy, file), source.replace(from, to));
  return bundleWorkflows(join(copy, 'workflows'));
}

const names = (await readdir(HISTORIES)).map((file) => basename(file, '.json'));

describe('histories of running experiments', () => {
  it('cover every path', () => {
    expect(names.length).toBeGreaterThanOrEqual(25);
  });

  it('are replayed by the present workflows', async () => {
    const bundle = await bundleWorkflows();
    for (const name of names) await replay(bundle, name);
  });
});

describe('a change that would break running experiments', () => {
  it.each([
    ['a renamed activity', ACTIVITIES, '{ load, commit, verify }', '{ load, publish: commit, verify }'],
    [
      'activities in another order',
      EFFECTS,
      'void this.commitNewest();',
      'void this.look().then(() => this.commitNewest());',
    ],
    [
      'a further timer',
      LIFECYCLE,
      'run.carryOut();',
      "await condition(() => false, '1s');\n    run.carryOut();",
    ],
    ['a step taken away', EFFECTS, 'void this.look();', ''],
    [
      'a look that is no local activity any more',
      ACTIVITIES,
      '= proxyLocalActivities<',
      '= proxyActivities<',
    ],
    [
      'a decision taken otherwise',
      'src/lifecycle/step.ts',
      "['ramping', 'running', 'rolling_out'].includes",
      "['running', 'rolling_out'].includes",
    ],
  ])('is found: %s', async (_, file, from, to) => {
    const bundle = await changed(file, from, to);
    await expect(replay(bundle, 'shipped')).rejects.toThrow(DeterminismViolationError);
  });

  it('is found: a lane of alerts that no longer waits', async () => {
    const waits = 'await condition(() => isWoken, due_in);';
    const bundle = await changed('workflows/deliver-alerts.ts', waits, 'await Promise.resolve();');
    await expect(replay(bundle, 'deliverAlerts')).rejects.toThrow(DeterminismViolationError);
  });
});
