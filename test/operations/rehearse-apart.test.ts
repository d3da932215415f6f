import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { Rehearsals } from '../../src/operations/rehearse-apart.js';
import { rehearse } from '../../src/rehearsal/rehearse.js';
import { scenarioTasks } from '../../src/rehearsal/task.js';
import { launch } from '../rehearsal/launch.js';

const plan = launch({ mde: 0.05 });
/** The processes run TypeScript. */
const exec_argv = ['--import', 'tsx'];

it('divides a rehearsal among processes, with the same result', async () => {
  const options = { runs: 6, scenarios: ['effect'] as const };
  const apart = await new Rehearsals({ processes: 2, exec_argv }).rehearse(plan, options);
  expect(apart).toEqual(rehearse(plan, options));
});

it('kills what takes too long, and lets only so many wait', async () => {
  const rehearsals = new Rehearsals({ waiting: 1, time_limit: 200, processes: 1, exec_argv });
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
  const child = fork(program, { execArgv: exec_argv });
  child.send({ launch: plan, options, tasks: scenarioTasks(plan, options) });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});
