import { rehearse } from '../rehearsal/rehearse.js';
import type { RehearsalOrder } from './rehearse-apart.js';

// A process of its own for one rehearsal: takes the order, answers, and ends; it also ends with its parent.
process.once('message', ({ launch, options }: RehearsalOrder) => {
  process.send!(rehearse(launch, options), () => process.disconnect());
});
process.once('disconnect', () => process.exit());
