import { parentPort, workerData } from 'node:worker_threads';
import { rehearse } from './rehearsal/rehearse.js';
import type { RehearsalOrder } from './rehearsals.js';

const { launch, options } = workerData as RehearsalOrder;
parentPort?.postMessage(rehearse(launch, options));
