import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { hasEnded, identityOf, instanceId } from '../../src/serving/process-identity.js';

it('two processes of one name and one machine are two', () => {
  const ids = Array.from({ length: 100 }, () => instanceId('web'));
  expect(new Set(ids).size).toBe(100);
  expect(ids.every((id) => id.startsWith('web:'))).toBe(true);
});

it('tells that a process of this machine has ended, and says so of no other', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const identity = (await identityOf(child.pid!))!;
  expect(await hasEnded(identity)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await hasEnded(identity)).toBe(true);
  // A container has process ids of its own: what is not there may well run elsewhere.
  expect(await hasEnded({ ...identity, machine: 'another' })).toBe(false);
});

it('does not take another process that has got the same id for the same process', async () => {
  const own = (await identityOf(process.pid))!;
  expect(await hasEnded(own)).toBe(false);
  expect(await hasEnded({ ...own, started: '1' })).toBe(true);
});
