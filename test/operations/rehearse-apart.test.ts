import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Rehearsals } from '../../src/operations/rehearse-apart.js';
import { rehearse } from '../../src/rehearsal/rehearse.js';
import { scenarioTasks } from '../../src/rehearsal/task.js';
import { childrenOf } from '../processes.js';
import { launch } from '../rehearsal/launch.js';

const plan = launch({ mde: 0.05 });

const ownProcesses = async (): Promise<number[]> =>
  (await childrenOf(process.pid))
    .filter(({ command }) => command.includes('rehearsal-process'))
    .map(({ pid }) => pid)
    .sort();

it('divides a rehearsal among processes, with the same result', async () => {
  const options = { runs: 6, scenarios: ['effect'] as const };
  const apart = await new Rehearsals({ processes: 2 }).rehearse(plan, options);
  expect(apart).toEqual(rehearse(plan, options));
});

it('keeps its processes for the next rehearsal, and starts others where one has died', async () => {
  const rehearsals = new Rehearsals({ processes: 1 });
  const before = await ownProcesses();
  const fresh = async (): Promise<number[]> => (await ownProcesses()).filter((pid) => !before.includes(pid));
  const rehearse = (seed: number): Promise<object> =>
    rehearsals.rehearse(plan, { seed, runs: 2, scenarios: ['effect'] });
  await rehearse(1);
  const [kept, ...others] = await fresh();
  expect(others).toEqual([]);
  await rehearse(2);
  expect(await fresh()).toEqual([kept]);
  process.kill(kept!, 'SIGKILL');
  await expect.poll(fresh).toEqual([]);
  await rehearse(3);
  expect(await fresh()).toHaveLength(1);
});

it('kills what takes too long, and lets only so many wait', async () => {
  const rehearsals = new Rehearsals({ waiting: 1, time_limit: 200, processes: 1 });
  const ends = await Promise.allSettled(
    [1, 2, 3].map((seed) => rehearsals.rehearse(plan, { seed, runs: 2_000 })),
  );
  expect(ends.map((end) => end.status === 'rejected' && (end.reason as Error).message)).toEqual([
    expect.stringContaining('took more than 0.2 s'),
    expect.stringContaining('took more than 0.2 s'),
    expect.stringContaining('try again'),
  ]);
});

it('ends with its parent, also in the middle of its work', async () => {
  // Minutes of work.
  const options = { runs: 2_000, scenarios: ['effect'] as const };
  const program = new URL('../../src/operations/rehearsal-process.ts', import.meta.url);
  const order = { launch: plan, options, tasks: scenarioTasks(plan, options) };
  const parent = spawn(process.execPath, [
    '--eval',
    `const child = require('node:child_process').fork(${JSON.stringify(program.pathname)}, { execArgv: ['--import', 'tsx'] });
     child.send(${JSON.stringify(order)}, () => console.log(child.pid));`,
  ]);
  const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
  const isAlive = (): boolean => {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  };
  // It has begun to compute, and hears no message any more.
  await sleep(3_000);
  expect(isAlive()).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(isAlive, { timeout: 20_000 }).toBe(false);
});
