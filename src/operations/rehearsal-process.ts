import { constants, setPriority } from 'node:os';
import { rehearsePart } from '../rehearsal/task.js';
import type { RehearsalOrder } from './rehearse-apart.js';

// The process of one part of a rehearsal. It takes the order, answers and ends. It also ends with its parent.
// Serving and workflows come first: nobody waits for a rehearsal as they do for a flag.
setPriority(constants.priority.PRIORITY_LOW);
process.once('message', ({ launch, options, tasks }: RehearsalOrder) => {
  process.send!(rehearsePart(launch, options, tasks), () => process.disconnect());
});
process.once('disconnect', () => process.exit());
