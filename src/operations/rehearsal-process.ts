import { rehearsePart } from '../rehearsal/task.js';
import type { RehearsalOrder } from './rehearse-apart.js';

// The process of one part of a rehearsal. It takes the order, answers and ends. It also ends with its parent.
process.once('message', ({ launch, options, tasks }: RehearsalOrder) => {
  process.send!(rehearsePart(launch, options, tasks), () => process.disconnect());
});
process.once('disconnect', () => process.exit());
