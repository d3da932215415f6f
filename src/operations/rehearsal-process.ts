import { constants, setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { rehearsePart } from '../rehearsal/task.js';
import type { RehearsalOrder } from './rehearsal-processes.js';

// A process for parts of rehearsals, one after the other.
// Serving and workflows come first: nobody waits for a rehearsal as they do for a flag.
setPriority(constants.priority.PRIORITY_LOW);
process.on('message', ({ launch, options, tasks }: RehearsalOrder) => {
  process.send!(rehearsePart(launch, options, tasks));
});
process.once('disconnect', () => process.exit());

// It also ends with its parent. While it computes it hears nothing, for minutes: a thread of its own looks each second.
const WATCH = `
  const { workerData: parent } = require('node:worker_threads');
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1_000);
`;
new Worker(WATCH, { eval: true, workerData: process.ppid, execArgv: [] }).unref();
