import { fork } from 'node:child_process';
import type { Launch } from '../model/launch.js';
import type { Rehearsal, RehearsalOptions } from '../rehearsal/rehearse.js';

export interface RehearsalOrder {
  launch: Launch;
  options: RehearsalOptions;
}

const PROGRAM = `./rehearsal-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;

/** Rehearsals run one at a time: each takes a whole core, and the other cores serve. */
let last: Promise<unknown> = Promise.resolve();

/** Rehearsals by plan. Plans that differ only in name and date share one. */
const remembered = new Map<string, Promise<Rehearsal>>();
const REMEMBERED = 100;

/** Rehearses in a process of its own, so that serving neither waits for it nor dies with it. */
export function rehearseApart(launch: Launch, options: RehearsalOptions): Promise<Rehearsal> {
  const { policy, metrics, control, arms, planned_units, sample_size, start_at, end_at } = launch;
  const key = JSON.stringify([
    options,
    { policy, metrics, control, arms, planned_units, sample_size, length: end_at - start_at },
  ]);
  const known = remembered.get(key);
  if (known) return known;
  const mine = last.then(() => inProcess({ launch, options }));
  last = mine.catch(() => remembered.delete(key));
  remembered.set(key, mine);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value!);
  return mine;
}

function inProcess(order: RehearsalOrder): Promise<Rehearsal> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(PROGRAM, import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.once('message', (rehearsal) => resolve(rehearsal as Rehearsal));
    child.on('error', reject);
    child.once('exit', (code) => reject(new Error(`the rehearsal ended without an answer (${code})`)));
    child.send(order);
  });
}
