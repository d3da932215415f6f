import { Worker } from 'node:worker_threads';
import type { Launch } from './model/launch.js';
import type { Rehearsal, RehearsalOptions } from './rehearsal/rehearse.js';

export interface RehearsalOrder {
  launch: Launch;
  options: RehearsalOptions;
}

/** A thread does not inherit the loader that runs TypeScript as it stands, so it registers it for itself. */
const BOOT = import.meta.url.endsWith('.ts')
  ? `import('tsx/esm/api').then(({ register }) => { register(); return import(${here('.ts')}); });`
  : `import(${here('.js')});`;

function here(extension: string): string {
  return JSON.stringify(new URL(`./rehearsal-thread${extension}`, import.meta.url).href);
}

/** One at a time: a rehearsal takes a whole core, and the others serve. */
let last: Promise<unknown> = Promise.resolve();

/** Plans that differ only in name and date have the same rehearsal. */
const remembered = new Map<string, Promise<Rehearsal>>();
const REMEMBERED = 100;

/** Rehearses in a thread of its own, so that serving does not wait for it. */
export function rehearseApart(launch: Launch, options: RehearsalOptions): Promise<Rehearsal> {
  const { policy, metrics, control, arms, planned_units, sample_size, start_at, end_at } = launch;
  const key = JSON.stringify([
    options,
    { policy, metrics, control, arms, planned_units, sample_size, length: end_at - start_at },
  ]);
  const known = remembered.get(key);
  if (known) return known;
  const mine = last.then(() => inThread({ launch, options }));
  last = mine.catch(() => remembered.delete(key));
  remembered.set(key, mine);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value!);
  return mine;
}

function inThread(workerData: RehearsalOrder): Promise<Rehearsal> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(BOOT, { eval: true, workerData });
    worker.once('message', (rehearsal: Rehearsal) => {
      resolve(rehearsal);
      void worker.terminate();
    });
    // Not once: an error that nobody listens to would end the process.
    worker.on('error', reject);
    worker.once('exit', () => reject(new Error('the rehearsal ended without an answer')));
  });
}
