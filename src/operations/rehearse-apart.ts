import { fork } from 'node:child_process';
import { failure } from '../errors.js';
import type { Launch } from '../model/launch.js';
import type { Rehearsal, RehearsalOptions } from '../rehearsal/rehearse.js';

export interface RehearsalOrder {
  launch: Launch;
  options: RehearsalOptions;
}

const PROGRAM = `./rehearsal-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;

/** Rehearsals run one at a time: each takes a whole core, and the other cores serve. */
let last: Promise<unknown> = Promise.resolve();

/** How long one may take: a long one takes some twenty seconds. One that hangs must not stop all later ones. */
const LONGEST_MS = 180_000;
/** How many may be under way or wait. */
const LONGEST_QUEUE = 20;
let queued = 0;

/** Rehearsals by plan. Plans that differ only in name and date share one. */
const remembered = new Map<string, Promise<Rehearsal>>();
const REMEMBERED = 100;

/**
 * Rehearses in a process of its own, so that serving neither waits for it nor dies with it.
 *
 * @throws {RampartError} unavailable, where too many wait
 */
export function rehearseApart(launch: Launch, options: RehearsalOptions): Promise<Rehearsal> {
  const { policy, metrics, control, arms, planned_units, sample_size, start_at, end_at } = launch;
  const key = JSON.stringify([
    options,
    { policy, metrics, control, arms, planned_units, sample_size, length: end_at - start_at },
  ]);
  const known = remembered.get(key);
  if (known) return known;
  if (queued >= LONGEST_QUEUE) {
    const detail = `${queued} rehearsals wait; try again later`;
    return Promise.reject(failure('unavailable', detail, { retry_after: 30 }));
  }
  queued += 1;
  const mine = last.then(() => inProcess({ launch, options })).finally(() => (queued -= 1));
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
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the rehearsal ended without an answer (${code ?? 'it took too long'})`));
    });
    child.send(order);
  });
}
